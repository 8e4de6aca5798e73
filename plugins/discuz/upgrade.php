<?php

/*
 * What is done when the plugin is upgraded.
 *
 * Owns: bringing the tables to the last number. Must not: change a setting that an administrator has made.
 */

declare(strict_types=1);

use NextIM\Discuz\Plugin;
use NextIM\Discuz\Words;
use NextIM\Site\DbError;
use NextIM\Site\Migrations;

if (!defined('IN_DISCUZ') || !defined('IN_ADMINCP')) {
    exit('Access Denied');
}

require_once __DIR__ . '/src/autoload.php';

try {
    (new Migrations(Plugin::current()->db))->migrate();
    Plugin::current()->options->migrated();
} catch (DbError $error) {
    cpmsg(Words::of('test_tables_none'), '', 'error');
}
$finish = true;
