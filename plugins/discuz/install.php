<?php

/*
 * What is done when the plugin is installed.
 *
 * Owns: making the tables. Must not: drop or change one that is there: messages outlive an installation.
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
    Plugin::current()->host->copyBlocks(Plugin::current()->store());
    Plugin::current()->options->begin();
} catch (DbError $error) {
    cpmsg(Words::of('test_tables_none'), '', 'error');
}
$finish = true;
