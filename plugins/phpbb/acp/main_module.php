<?php

/*
 * The page of settings, as phpBB calls it.
 *
 * Owns: the names that phpBB reads. Must not: do more than call SettingsPage.
 */

declare(strict_types=1);

namespace nextim\bar\acp;

class main_module
{
    /** @var string the address of this page, set by phpBB */
    public $u_action = '';
    /** @var string */
    public $tpl_name = '';
    /** @var string */
    public $page_title = '';

    public function main($id, $mode)
    {
        global $phpbb_container;

        $this->tpl_name = 'acp_nextim';
        $this->page_title = 'ACP_NEXTIM_SETTINGS';
        $phpbb_container->get('nextim.bar.settings')->show((string) $this->u_action);
    }
}
