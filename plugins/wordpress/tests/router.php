<?php

/*
 * WordPress under PHP's own web server, for the tests.
 *
 * Owns: which file a path is. Must not: be used on the internet.
 */

declare(strict_types=1);

$root = (string) $_SERVER['DOCUMENT_ROOT'];
$path = (string) parse_url((string) $_SERVER['REQUEST_URI'], PHP_URL_PATH);
$file = $root . (str_ends_with($path, '/') ? $path . 'index.php' : $path);
if (is_file($file) && !str_ends_with($file, '.php')) {
    return false;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = is_file($file) ? substr($file, strlen($root)) : '/index.php';
chdir(dirname($root . $_SERVER['SCRIPT_NAME']));
require $root . $_SERVER['SCRIPT_NAME'];
