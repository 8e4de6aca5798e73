<?php

/*
 * A server that answers one connection after another: `peer.php ANSWER`, where ANSWER is `hang` or what to send.
 *
 * Owns: the socket. Must not: parse the request beyond its length. It prints its port first.
 */

declare(strict_types=1);

$server = stream_socket_server('tcp://127.0.0.1:0');
echo parse_url('tcp://' . stream_socket_get_name($server, false), PHP_URL_PORT), "\n";
while ($stream = stream_socket_accept($server, 30)) {
    $request = '';
    while (!str_contains($request, "\r\n\r\n")) {
        $request .= fread($stream, 8192);
    }
    preg_match('/content-length: (\d+)/i', $request, $found);
    while (strlen($request) < strpos($request, "\r\n\r\n") + 4 + (int) $found[1]) {
        $request .= fread($stream, 8192);
    }
    if ($argv[1] === 'hang') {
        stream_get_contents($stream);
    } else {
        fwrite($stream, str_replace('{request}', substr($request, -7), stripcslashes($argv[1])));
    }
    fclose($stream);
}
