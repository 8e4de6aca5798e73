<?php

/*
 * The name of the permission, in English.
 *
 * Owns: what phpBB lists of it. Must not: lack a word that another language has.
 */

declare(strict_types=1);

if (!defined('IN_PHPBB')) {
    exit;
}

$lang = array_merge($lang ?? [], [
    'ACL_U_NEXTIM' => 'Can use the chat',
    'ACL_U_NEXTIM_XMPP' => 'Can chat with clients of XMPP',
]);
