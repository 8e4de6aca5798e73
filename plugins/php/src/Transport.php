<?php

/*
 * A form that is posted over HTTP.
 *
 * Owns: the limits of time and size of a call, by cURL or, without it, by streams. Must not: know the protocol.
 */

declare(strict_types=1);

namespace NextIM\Site;

class Transport
{
    private ?\CurlHandle $curl = null;

    public function __construct(private readonly bool $mayUseCurl = true)
    {
    }

    /**
     * @return array{int, array<string, string>, string} the status, the headers by names in lower case, and the body;
     *     the status is 0 if there was no answer
     */
    public function post(string $url, string $form, int $callMs): array
    {
        return $this->mayUseCurl && extension_loaded('curl')
            ? $this->byCurl($url, $form, $callMs)
            : self::byStream($url, $form, $callMs);
    }

    /** @return array{int, array<string, string>, string} */
    private function byCurl(string $url, string $form, int $callMs): array
    {
        $this->curl ??= curl_init();
        [$headers, $body] = [[], ''];
        curl_setopt_array($this->curl, [
            CURLOPT_URL => $url,
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => $form,
            CURLOPT_HTTPHEADER => ['Content-Type: application/x-www-form-urlencoded', 'Expect:'],
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROXY => '',
            CURLOPT_NOSIGNAL => true,
            CURLOPT_CONNECTTIMEOUT_MS => min($callMs, Limits::IM_CONNECT_MS),
            CURLOPT_TIMEOUT_MS => $callMs,
            CURLOPT_HEADERFUNCTION => function (\CurlHandle $curl, string $line) use (&$headers): int {
                $headers = self::header($headers, $line);
                return strlen($line);
            },
            CURLOPT_WRITEFUNCTION => function (\CurlHandle $curl, string $part) use (&$body): int {
                $body .= $part;
                return strlen($body) > Limits::IM_ANSWER_BYTES ? 0 : strlen($part);
            },
        ]);
        $isWhole = curl_exec($this->curl) !== false;
        /** @var array<string, string> $headers */
        return [$isWhole ? (int) curl_getinfo($this->curl, CURLINFO_RESPONSE_CODE) : 0, $headers, $body];
    }

    /** @return array{int, array<string, string>, string} */
    private static function byStream(string $url, string $form, int $callMs): array
    {
        $end = microtime(true) + $callMs / 1000;
        $parts = parse_url($url) + ['scheme' => '', 'host' => '', 'path' => '/'];
        $isTls = $parts['scheme'] === 'https';
        $port = $parts['port'] ?? ($isTls ? 443 : 80);
        $target = ($isTls ? 'tls' : 'tcp') . "://{$parts['host']}:$port";
        $wait = min($callMs, Limits::IM_CONNECT_MS) / 1000;
        $stream = @stream_socket_client($target, $code, $text, $wait);
        if ($stream === false) {
            return [0, [], ''];
        }
        $head = "POST {$parts['path']} HTTP/1.0\r\nHost: {$parts['host']}:$port\r\nConnection: close\r\n"
            . "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " . strlen($form) . "\r\n\r\n";
        stream_set_blocking($stream, false);
        try {
            return self::write($stream, $head . $form, $end) ? self::parse(self::read($stream, $end)) : [0, [], ''];
        } finally {
            fclose($stream);
        }
    }

    /** @param resource $stream */
    private static function write($stream, string $text, float $end): bool
    {
        while ($text !== '') {
            $written = self::isReady($stream, $end, true) ? @fwrite($stream, $text) : false;
            if ($written === false) {
                return false;
            }
            $text = substr($text, $written);
        }
        return true;
    }

    /** @param resource $stream */
    private static function read($stream, float $end): string
    {
        $answer = '';
        while (!feof($stream)) {
            if (strlen($answer) > Limits::IM_ANSWER_BYTES || !self::isReady($stream, $end, false)) {
                return '';
            }
            $answer .= (string) fread($stream, 65536);
        }
        return $answer;
    }

    /** @param resource $stream */
    private static function isReady($stream, float $end, bool $toWrite): bool
    {
        $left = (int) (($end - microtime(true)) * 1e6);
        [$read, $write, $except] = [$toWrite ? [] : [$stream], $toWrite ? [$stream] : [], []];
        return $left > 0 && stream_select($read, $write, $except, 0, $left) === 1;
    }

    /** @return array{int, array<string, string>, string} */
    private static function parse(string $answer): array
    {
        [$head, $body] = explode("\r\n\r\n", $answer, 2) + [1 => null];
        if ($body === null || preg_match('~^HTTP/1\.[01] (\d{3})~', $head, $found) !== 1) {
            return [0, [], ''];
        }
        $headers = array_reduce(explode("\r\n", $head), self::header(...), []);
        $isWhole = strlen($body) === (int) ($headers['content-length'] ?? strlen($body));
        return [$isWhole ? (int) $found[1] : 0, $headers, $body];
    }

    /**
     * @param array<string, string> $headers
     * @return array<string, string>
     */
    private static function header(array $headers, string $line): array
    {
        [$name, $value] = explode(':', $line, 2) + [1 => null];
        return $value === null ? $headers : [strtolower(trim($name)) => trim($value)] + $headers;
    }
}
