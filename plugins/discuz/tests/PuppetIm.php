<?php

/*
 * A message server that records calls and can be told what to answer.
 *
 * Owns: the answers. Must not: open a connection.
 */

declare(strict_types=1);

namespace NextIM\Discuz\Tests;

use NextIM\Discuz\Kit\Transport;

final class PuppetIm extends Transport
{
    /** @var list<array{string, array<array-key, mixed>}> the path and the parameters of each call */
    public array $calls = [];
    /** The status of all answers; 0 for none. */
    public int $status = 200;

    public function post(string $url, string $form, int $callMs): array
    {
        $path = (string) parse_url($url, PHP_URL_PATH);
        parse_str($form, $params);
        $this->calls[] = [$path, $params];
        $body = (string) match ($path) {
            '/presences/online' => json_encode(['ticket' => 'ticket-' . count($this->calls), 'buddies' => [],
                'rooms' => [], 'server' => 'http://im.example/packets']),
            '/onlines' => '[]',
            '/room/join' => json_encode([(string) ($params['room'] ?? '') => 1]),
            default => 'ok',
        };
        return [$this->status, ['x-nextim-delivered' => '1'], $this->status === 200 ? $body : ''];
    }

    /** @return list<array<array-key, mixed>> the parameters of the calls of a path */
    public function of(string $path): array
    {
        $calls = array_filter($this->calls, fn(array $call): bool => $call[0] === $path);
        return array_map(fn(array $call): array => $call[1], array_values($calls));
    }
}
