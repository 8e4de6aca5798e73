<?php

/*
 * WordPress under PHP's own web server, for the tests.
 *
 * Owns: which file a path is. Must not: be used on the internet.
 *
 * Files in WORLD_DIR make it do what other web servers do: `no-authorization` keeps that header from the site, and
 * `closed` answers 403 in its place.
 */

declare(strict_types=1);

if (is_file(getenv('WORLD_DIR') . '/closed')) {
    http_response_code(403);
    return true;
}
if (is_file(getenv('WORLD_DIR') . '/no-authorization')) {
    unset($_SERVER['HTTP_AUTHORIZATION'], $_SERVER['PHP_AUTH_USER'], $_SERVER['PHP_AUTH_PW']);
}
$root = (string) $_SERVER['DOCUMENT_ROOT'];
$path = (string) parse_url((string) $_SERVER['REQUEST_URI'], PHP_URL_PATH);
// The second site of a network has the files of the first.
$path = (string) preg_replace('~^/two(/wp-(admin|content|includes)/.*|/[\w-]+\.php)$~', '$1', $path);
$file = $root . (str_ends_with($path, '/') ? $path . 'index.php' : $path);
if (is_file($file) && !str_ends_with($file, '.php')) {
    return false;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = is_file($file) ? substr($file, strlen($root)) : '/index.php';
chdir(dirname($root . $_SERVER['SCRIPT_NAME']));
require $root . $_SERVER['SCRIPT_NAME'];
