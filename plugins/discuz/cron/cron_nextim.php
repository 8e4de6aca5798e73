<?php

/*
 * cronname:cron_name
 * minute:0,10,20,30,40,50
 *
 * Owns: nothing but the call; Discuz reads the lines above. Must not: let an error reach the visitor's page.
 */

declare(strict_types=1);

use NextIM\Discuz\Housekeeping;
use NextIM\Discuz\Plugin;

if (!defined('IN_DISCUZ')) {
    exit('Access Denied');
}

require_once __DIR__ . '/../src/autoload.php';

try {
    (new Housekeeping(Plugin::current()))->run();
} catch (Throwable $error) {
    Plugin::current()->host->log('error', 'cron: ' . $error::class);
}
