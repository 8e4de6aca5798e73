<?php

/*
 * The page for chat passwords, as phpBB calls it.
 *
 * Owns: the names that phpBB reads. Must not: do more than call PasswordsPage.
 */

declare(strict_types=1);

namespace nextim\bar\ucp;

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

        $this->tpl_name = 'ucp_nextim';
        $this->page_title = 'UCP_NEXTIM_PASSWORDS';
        $phpbb_container->get('nextim.bar.passwords')->show((string) $this->u_action);
    }
}
