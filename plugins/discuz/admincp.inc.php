<?php

/*
 * The page of settings in Discuz's control panel.
 *
 * Owns: nothing but the call. Must not: be reached from outside the control panel.
 */

declare(strict_types=1);

use NextIM\Discuz\Check;
use NextIM\Discuz\Plugin;
use NextIM\Discuz\SettingsPage;

if (!defined('IN_DISCUZ') || !defined('IN_ADMINCP')) {
    exit('Access Denied');
}

require_once __DIR__ . '/src/autoload.php';

(new SettingsPage(Plugin::current(), new Check(Plugin::current())))->run((int) ($pluginid ?? 0));
