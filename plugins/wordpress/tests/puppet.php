<?php

/*
 * A message server that takes notes, under PHP's own web server.
 *
 * Owns: the file `calls` in WORLD_DIR, a line for each call. Must not: deliver anything.
 *
 * If there is a file `im-status` in WORLD_DIR, each call is answered with the status that it holds.
 */

declare(strict_types=1);

$folder = (string) getenv('WORLD_DIR');
$path = (string) parse_url((string) $_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($_SERVER['REQUEST_METHOD'] === 'GET') {
    $types = ['/webim.js' => 'text/javascript', '/page/webim.js' => 'text/html'];
    http_response_code(isset($types[$path]) ? 200 : 404);
    header('Content-Type: ' . ($types[$path] ?? 'text/plain'));
    exit;
}
$status = is_file("$folder/im-status") ? (int) file_get_contents("$folder/im-status") : 200;
http_response_code($status);
header('X-NextIM-Delivered: 1');
header('X-NextIM-Visible: 1');
$count = is_file("$folder/calls") ? count((array) file("$folder/calls")) : 0;
file_put_contents("$folder/calls", json_encode([$path, $_POST]) . "\n", FILE_APPEND | LOCK_EX);
$room = (string) ($_POST['room'] ?? '');
echo match ($path) {
    '/presences/online' => json_encode(['ticket' => "ticket-$count", 'buddies' => [], 'rooms' => []]),
    '/onlines' => '[]',
    '/room/members' => json_encode([$room => [['id' => '3', 'nick' => 'Bob']]]),
    '/room/join' => json_encode([$room => 2]),
    default => 'ok',
};
