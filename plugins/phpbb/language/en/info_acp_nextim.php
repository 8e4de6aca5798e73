<?php

/*
 * The names of the settings page, in English.
 *
 * Owns: what phpBB lists of it. Must not: lack a word that another language has.
 */

declare(strict_types=1);

if (!defined('IN_PHPBB')) {
    exit;
}

$lang = array_merge($lang ?? [], [
    'ACP_NEXTIM' => 'NextIM chat',
    'ACP_NEXTIM_SETTINGS' => 'Chat settings',
]);
