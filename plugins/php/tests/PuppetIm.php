<?php

/*
 * A message server that records calls and can be told what to answer.
 *
 * Owns: the answers. Must not: open a connection.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Transport;

final class PuppetIm extends Transport
{
    /** @var list<array{string, array<array-key, mixed>}> the path and the parameters of each call */
    public array $calls = [];
    /** @var list<int> the milliseconds that each call may take */
    public array $times = [];
    /** The status of all answers; 0 for none. */
    public int $status = 200;
    /** @var array<string, string> the show of each user who is online */
    public array $shows = [];
    /** @var array<string, int> the status of the answers of a path */
    public array $statuses = [];
    public int $delivered = 1;
    public int $visible = 1;
    /** @var array<string, \Closure(): void> what happens during the next call of a path */
    public array $meanwhile = [];
    private int $tickets = 0;

    public function post(string $url, string $form, int $callMs): array
    {
        $path = (string) parse_url($url, PHP_URL_PATH);
        parse_str($form, $params);
        $this->calls[] = [$path, $params];
        $this->times[] = $callMs;
        $meanwhile = $this->meanwhile[$path] ?? null;
        unset($this->meanwhile[$path]);
        if ($meanwhile !== null) {
            $meanwhile();
        }
        $status = $this->statuses[$path] ?? $this->status;
        $headers = ['x-nextim-delivered' => (string) $this->delivered, 'x-nextim-visible' => (string) $this->visible];
        return [$status, $headers, $status === 200 ? $this->answer($path, $params) : ''];
    }

    /** @return list<array<array-key, mixed>> the parameters of the calls of a path */
    public function of(string $path): array
    {
        $calls = array_filter($this->calls, fn(array $call): bool => $call[0] === $path);
        return array_map(fn(array $call): array => $call[1], array_values($calls));
    }

    /** @param array<array-key, mixed> $params */
    private function answer(string $path, array $params): string
    {
        $presences = [];
        foreach (explode(',', (string) ($params['names'] ?? $params['buddies'] ?? '')) as $name) {
            if (isset($this->shows[$name])) {
                $presences[] = ['name' => $name, 'nick' => $name, 'show' => $this->shows[$name], 'status' => 'here'];
            }
        }
        $room = (string) ($params['room'] ?? '');
        return (string) match ($path) {
            '/presences/online' => json_encode(['ticket' => 'ticket-' . ++$this->tickets, 'buddies' => $presences,
                'rooms' => [['name' => 'walkers', 'total' => 2]], 'server' => 'http://im.example/packets']),
            '/onlines' => json_encode($presences),
            '/room/members' => json_encode([$room => [['id' => 'bob', 'nick' => 'Bob']]]),
            '/room/join' => json_encode([$room => 2]),
            default => 'ok',
        };
    }
}
