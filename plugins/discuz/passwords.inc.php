<?php

/*
 * The page for chat passwords among a member's settings: `home.php?mod=spacecp&ac=plugin&id=nextim:passwords`.
 *
 * Owns: nothing but the call; template/passwords.htm shows the result. Must not: be reached by guests; Discuz asks
 * them to log in.
 */

declare(strict_types=1);

use NextIM\Discuz\PasswordsPage;
use NextIM\Discuz\Plugin;

if (!defined('IN_DISCUZ')) {
    exit('Access Denied');
}

require_once __DIR__ . '/src/autoload.php';

$nextimPage = (new PasswordsPage(Plugin::current()))->run();
