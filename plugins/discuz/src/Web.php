<?php

/*
 * A page fetched over HTTP, for the check of the settings.
 *
 * Owns: one call with a limit of time. Must not: be used while a visitor waits: only an administrator does.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

class Web
{
    private const SECONDS = 5;

    /**
     * @param list<string> $headers
     * @return int the status; 0 if there is no answer
     */
    public function status(string $url, array $headers = [], ?string $body = null): int
    {
        $context = stream_context_create([
            'http' => ['method' => $body === null ? 'GET' : 'POST', 'header' => $headers, 'content' => (string) $body,
                'timeout' => self::SECONDS, 'ignore_errors' => true, 'follow_location' => 0],
            // The certificate may be for the outside alone.
            'ssl' => ['verify_peer' => false, 'verify_peer_name' => false],
        ]);
        $stream = @fopen($url, 'r', false, $context);
        $lines = $stream === false ? [] : (array) (stream_get_meta_data($stream)['wrapper_data'] ?? []);
        return preg_match('~^HTTP/\S+ (\d{3})~', (string) ($lines[0] ?? ''), $found) === 1 ? (int) $found[1] : 0;
    }
}
