<?php

/*
 * The names of the settings page, in traditional Chinese.
 *
 * Owns: what phpBB lists of it. Must not: lack a word that another language has.
 */

declare(strict_types=1);

if (!defined('IN_PHPBB')) {
    exit;
}

$lang = array_merge($lang ?? [], [
    'ACP_NEXTIM' => 'NextIM 聊天',
    'ACP_NEXTIM_SETTINGS' => '聊天設定',
]);
