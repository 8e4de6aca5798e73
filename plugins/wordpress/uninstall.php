<?php

/*
 * What goes when the plugin is deleted.
 *
 * Owns: removing the settings. Must not: remove messages, unless the constant NEXTIM_PURGE says so.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

use NextIM\Site\Migrations;

if (!defined('WP_UNINSTALL_PLUGIN')) {
    exit;
}

require_once __DIR__ . '/kit/src/autoload.php';
require_once __DIR__ . '/src/autoload.php';

global $wpdb;
(new Migrations(new WpDb($wpdb)))->uninstall(defined('NEXTIM_PURGE') && NEXTIM_PURGE === true);
foreach (is_multisite() ? [false, true] : [false] as $isNetwork) {
    (new Options($isNetwork))->remove();
}
delete_option(Plugin::SCHEMA);
