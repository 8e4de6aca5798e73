<?php

/*
 * What phpBB lists of the page of settings.
 *
 * Owns: its name and who may see it. Must not: do anything.
 */

declare(strict_types=1);

namespace nextim\bar\acp;

class main_info
{
    /** @return array<string, mixed> */
    public function module()
    {
        return [
            'filename' => '\nextim\bar\acp\main_module',
            'title' => 'ACP_NEXTIM',
            'modes' => ['settings' => [
                'title' => 'ACP_NEXTIM_SETTINGS',
                'auth' => 'ext_nextim/bar && acl_a_board',
                'cat' => ['ACP_NEXTIM'],
            ]],
        ];
    }
}
