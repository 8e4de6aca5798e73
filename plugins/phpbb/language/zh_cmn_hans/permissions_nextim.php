<?php

/*
 * The name of the permission, in simplified Chinese.
 *
 * Owns: what phpBB lists of it. Must not: lack a word that another language has.
 */

declare(strict_types=1);

if (!defined('IN_PHPBB')) {
    exit;
}

$lang = array_merge($lang ?? [], [
    'ACL_U_NEXTIM' => '可以使用聊天',
    'ACL_U_NEXTIM_XMPP' => '可以用 XMPP 客户端聊天',
]);
