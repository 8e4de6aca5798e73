<?php

/*
 * The settings of the WordPress of the tests.
 *
 * Owns: them. Must not: be used elsewhere; the keys are known.
 */

declare(strict_types=1);

$table_prefix = 'wp_';
define('DB_NAME', 'world');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:' . getenv('DATABASE_SOCKET'));
define('DB_CHARSET', 'utf8mb4');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define("{$name}_KEY", "$name key of the tests");
    define("{$name}_SALT", "$name salt of the tests");
}
$url = (string) getenv('WORLD_URL');
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('WP_ALLOW_MULTISITE', true);
if (getenv('WORLD_SITES') && !defined('WORLD_INSTALLS')) {
    define('MULTISITE', true);
    define('SUBDOMAIN_INSTALL', false);
    define('DOMAIN_CURRENT_SITE', substr($url, strlen('http://')));
    define('PATH_CURRENT_SITE', '/');
    define('SITE_ID_CURRENT_SITE', 1);
    define('BLOG_ID_CURRENT_SITE', 1);
} else {
    define('WP_HOME', $url);
    define('WP_SITEURL', $url);
}
defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require ABSPATH . 'wp-settings.php';
