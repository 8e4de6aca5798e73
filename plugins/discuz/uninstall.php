<?php

/*
 * What goes when the plugin is uninstalled.
 *
 * Owns: removing the settings. Must not: remove messages, unless the settings say so.
 */

declare(strict_types=1);

use NextIM\Discuz\Plugin;
use NextIM\Site\Migrations;

if (!defined('IN_DISCUZ') || !defined('IN_ADMINCP')) {
    exit('Access Denied');
}

require_once __DIR__ . '/src/autoload.php';

(new Migrations(Plugin::current()->db))->uninstall((bool) Plugin::current()->options->all()['purge']);
Plugin::current()->options->remove();
$finish = true;
