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
foreach (is_multisite() ? get_sites(['fields' => 'ids', 'number' => 0]) : [get_current_blog_id()] as $site) {
    is_multisite() && switch_to_blog($site);
    (new Migrations(new WpDb($wpdb, $wpdb->prefix)))->uninstall(defined('NEXTIM_PURGE') && NEXTIM_PURGE === true);
    (new Options(false))->remove();
    delete_option(Plugin::SCHEMA);
    is_multisite() && restore_current_blog();
}
// The tables of a network are those of its main site.
is_multisite() && (new Options(true))->remove();
