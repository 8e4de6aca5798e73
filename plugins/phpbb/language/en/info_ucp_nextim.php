<?php

/*
 * The names of the page for chat passwords, in English.
 *
 * Owns: what phpBB lists of it. Must not: lack a word that another language has.
 */

declare(strict_types=1);

if (!defined('IN_PHPBB')) {
    exit;
}

$lang = array_merge($lang ?? [], [
    'UCP_NEXTIM_PASSWORDS' => 'Chat passwords',
]);
