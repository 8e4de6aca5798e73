<?php

/*
 * What phpBB lists of the page for chat passwords.
 *
 * Owns: its name and who may see it. Must not: do anything.
 */

declare(strict_types=1);

namespace nextim\bar\ucp;

class main_info
{
    /** @return array<string, mixed> */
    public function module()
    {
        return [
            'filename' => '\nextim\bar\ucp\main_module',
            'title' => 'UCP_NEXTIM_PASSWORDS',
            'modes' => ['passwords' => [
                'title' => 'UCP_NEXTIM_PASSWORDS',
                'auth' => 'ext_nextim/bar && cfg_nextim_xmpp && acl_u_nextim && acl_u_nextim_xmpp',
                'cat' => ['UCP_PROFILE'],
            ]],
        ];
    }
}
