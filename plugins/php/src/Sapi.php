<?php

/*
 * The request and the answer of this PHP process.
 *
 * Owns: the globals. Must not: be used by another class of the kit; a host calls it.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Sapi
{
    /** The request that PHP serves now, for this endpoint. */
    public static function request(string $endpoint): Request
    {
        $headers = [];
        foreach ($_SERVER as $name => $value) {
            if (is_string($name) && is_string($value) && str_starts_with($name, 'HTTP_')) {
                $headers[strtr(substr($name, 5), '_', '-')] = $value;
            }
        }
        $headers['CONTENT-TYPE'] ??= self::text('CONTENT_TYPE');
        $headers['AUTHORIZATION'] = self::authorization();
        $body = (string) file_get_contents('php://input', false, null, 0, Limits::CALL_BYTES + 1);
        return new Request($endpoint, self::text('REQUEST_METHOD'), self::text('QUERY_STRING'), $headers, $body);
    }

    public static function send(Response $response): void
    {
        http_response_code($response->status);
        header("Content-Type: $response->type");
        foreach ($response->headers as [$name, $value]) {
            header("$name: $value", strcasecmp($name, 'Set-Cookie') !== 0);
        }
        echo $response->body;
    }

    /** Web servers hand this header on in different ways. */
    private static function authorization(): string
    {
        foreach (['HTTP_AUTHORIZATION', 'REDIRECT_HTTP_AUTHORIZATION'] as $name) {
            if (self::text($name) !== '') {
                return self::text($name);
            }
        }
        $user = self::text('PHP_AUTH_USER');
        return $user === '' ? '' : 'Basic ' . base64_encode($user . ':' . self::text('PHP_AUTH_PW'));
    }

    private static function text(string $name): string
    {
        $value = $_SERVER[$name] ?? '';
        return is_string($value) ? $value : '';
    }
}
