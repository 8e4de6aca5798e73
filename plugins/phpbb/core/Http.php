<?php

/*
 * The requests of the settings page's tests.
 *
 * Owns: one request, by cURL or by streams. Must not: follow redirects, or be used by an endpoint.
 */

declare(strict_types=1);

namespace nextim\bar\core;

class Http
{
    private const WAIT_S = 5;

    /**
     * @param list<string> $headers
     * @return int the status; 0 if there was no answer
     */
    public function status(string $method, string $url, array $headers = [], string $body = '', bool $own = false): int
    {
        return function_exists('curl_init')
            ? $this->byCurl($method, $url, $headers, $body, $own)
            : $this->byStream($method, $url, $headers, $body, $own);
    }

    /** @param list<string> $headers */
    private function byCurl(string $method, string $url, array $headers, string $body, bool $own): int
    {
        $curl = curl_init();
        curl_setopt_array($curl, [
            CURLOPT_URL => $url,
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => $headers,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_CONNECTTIMEOUT => self::WAIT_S,
            CURLOPT_TIMEOUT => self::WAIT_S,
            // The board's own certificate may be made for another name than the one that this machine sees.
            CURLOPT_SSL_VERIFYPEER => !$own,
            CURLOPT_SSL_VERIFYHOST => $own ? 0 : 2,
        ]);
        if ($body !== '') {
            curl_setopt($curl, CURLOPT_POSTFIELDS, $body);
        }
        return curl_exec($curl) === false ? 0 : (int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    }

    /** @param list<string> $headers */
    private function byStream(string $method, string $url, array $headers, string $body, bool $own): int
    {
        $context = stream_context_create([
            'http' => ['method' => $method, 'header' => $headers, 'content' => $body, 'timeout' => self::WAIT_S,
                'ignore_errors' => true, 'follow_location' => 0],
            'ssl' => ['verify_peer' => !$own, 'verify_peer_name' => !$own],
        ]);
        $answer = @file_get_contents($url, false, $context);
        $line = $answer === false ? '' : ($http_response_header[0] ?? '');
        return preg_match('~^HTTP/\S+ (\d{3})~', $line, $found) === 1 ? (int) $found[1] : 0;
    }
}
