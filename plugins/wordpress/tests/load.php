<?php

/*
 * Loads the WordPress of the tests, for a command or for PHPUnit.
 *
 * Owns: what the web server would give. Must not: serve a request.
 */

declare(strict_types=1);

// PHPUnit includes this in a function.
global $table_prefix, $wpdb, $wp, $wp_rewrite, $wp_query, $wp_the_query, $wp_roles, $wp_version, $wp_db_version;

$_SERVER['HTTP_HOST'] = substr((string) getenv('WORLD_URL'), strlen('http://'));
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['REMOTE_ADDR'] = '127.0.0.1';
// A chat of one site of a network is that of the second.
$isSecond = getenv('WORLD_SITES') === 'one' && !defined('WORLD_INSTALLS') && !in_array('found', $argv ?? [], true);
$_SERVER['REQUEST_URI'] = $isSecond ? '/two/' : '/';
require getenv('WORLD_DIR') . '/site/wp-load.php';
