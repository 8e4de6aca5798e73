<?php

/*
 * Plugin Name:       NextIM chat
 * Description:       Chat for the members of a site, by a NextIM message server.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      8.1
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       nextim
 * Domain Path:       /languages
 *
 * Owns: starting the plugin. Must not: run anything before WordPress has loaded all plugins.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

if (!defined('ABSPATH')) {
    exit;
}

require_once __DIR__ . '/kit/src/autoload.php';
require_once __DIR__ . '/src/autoload.php';

(new Plugin(__FILE__))->start();
