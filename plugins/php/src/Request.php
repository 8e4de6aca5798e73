<?php

/*
 * A request.
 *
 * Owns: its parts as plain values. Must not: read globals; `Sapi` does.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Request
{
    public readonly Params $params;
    /** @var array<string, string> */
    private readonly array $headers;

    /**
     * @param string $endpoint the name of the endpoint, such as `online`
     * @param string $query the query as it was sent, without the question mark
     * @param array<string, string> $headers
     * @param string $body the body as it was sent
     */
    public function __construct(
        public readonly string $endpoint,
        public readonly string $method = 'GET',
        string $query = '',
        array $headers = [],
        public readonly string $body = '',
    ) {
        $this->headers = array_change_key_case($headers);
        $isJson = str_starts_with(strtolower($this->header('content-type')), 'application/json');
        $this->params = Params::read($query, $isJson ? '' : $body);
    }

    /** A header, or an empty text. */
    public function header(string $name): string
    {
        return $this->headers[strtolower($name)] ?? '';
    }

    /** A cookie, or an empty text. */
    public function cookie(string $name): string
    {
        foreach (explode(';', $this->header('cookie')) as $pair) {
            [$known, $value] = explode('=', trim($pair), 2) + [1 => ''];
            if ($known === $name) {
                return rawurldecode($value);
            }
        }
        return '';
    }

    /** Whether it may change something: browsers send it with their page's origin. */
    public function changes(): bool
    {
        return $this->method !== 'GET' && $this->method !== 'HEAD';
    }
}
