<?php

/*
 * A must-use plugin for the tests: what a request asked of the database, and whether it may be cached.
 *
 * Owns: the file `notes` in WORLD_DIR, a line for each request, if there is that file. Must not: change an answer.
 */

declare(strict_types=1);

$notes = getenv('WORLD_DIR') . '/notes';
if (PHP_SAPI !== 'cli' && is_file($notes)) {
    define('SAVEQUERIES', true);
    register_shutdown_function(function () use ($notes): void {
        global $wpdb;
        $note = ['uri' => $_SERVER['REQUEST_URI'], 'queries' => array_column($wpdb->queries, 0),
            'isCached' => !defined('DONOTCACHEPAGE'), 'hasTheme' => did_action('template_redirect') > 0];
        file_put_contents($notes, wp_json_encode($note) . "\n", FILE_APPEND | LOCK_EX);
    });
}
