<?php

/*
 * The client of the message server.
 *
 * Owns: its calls, one function each. Must not: use the database, or check the rights of users.
 */

declare(strict_types=1);

namespace NextIM\Site;

class Im
{
    private readonly Transport $transport;
    /** When all calls of an event must be over, in seconds; null if there is no such end. */
    private ?float $end = null;
    /** @var ?\Closure(CallError): void what else is done when a call fails */
    public ?\Closure $onFailure = null;

    public function __construct(private readonly Config $config, ?Transport $transport = null)
    {
        $this->transport = $transport ?? new Transport();
    }

    /**
     * Runs it with this time for all calls together.
     *
     * @template T
     * @param callable(): T $what
     * @return T
     */
    public function within(int $ms, callable $what): mixed
    {
        $this->end = microtime(true) + $ms / 1000;
        try {
            return $what();
        } finally {
            $this->end = null;
        }
    }

    /**
     * Starts a session.
     *
     * @param list<string> $buddies the ids of the users whose presence it receives
     * @param list<string> $rooms the rooms whose messages it receives
     * @param string $show empty: as in the user's other sessions
     * @return array{ticket: string, server: string, buddies: array<array-key, array{show: string, status: string}>,
     *     rooms: array<array-key, int>, vapid: string} who is online and visible, and how many are in each room
     */
    public function online(
        Person $me,
        array $buddies,
        array $rooms,
        string $show,
        string $status,
        string $version,
        int $expires,
    ): array {
        $params = ['name' => $me->id, 'nick' => self::nick($me->nick), 'status' => $status,
            'buddies' => implode(',', $buddies), 'rooms' => implode(',', $rooms), 'version' => $version,
            'expires' => $expires];
        $answer = $this->ask('/presences/online', $show === '' ? $params : [...$params, 'show' => $show]);
        if (!is_string($answer['ticket'] ?? null)) {
            throw $this->failed(CallError::UNREACHABLE, 'the answer has no ticket');
        }
        $counts = [];
        foreach ((array) ($answer['rooms'] ?? []) as $room) {
            $counts[(string) ($room['name'] ?? '')] = (int) ($room['total'] ?? 0);
        }
        return ['ticket' => $answer['ticket'], 'server' => (string) ($answer['server'] ?? ''),
            'buddies' => self::presences((array) ($answer['buddies'] ?? [])), 'rooms' => $counts,
            'vapid' => (string) ($answer['vapid'] ?? '')];
    }

    /** Ends the session of a ticket. */
    public function offline(string $ticket): void
    {
        $this->post('/presences/offline', ['ticket' => $ticket]);
    }

    /** Ends all sessions of a user. */
    public function offlineAll(string $name): void
    {
        $this->post('/presences/offline', ['name' => $name]);
    }

    public function show(string $ticket, string $nick, string $show, ?string $status): void
    {
        $params = ['ticket' => $ticket, 'nick' => self::nick($nick), 'show' => $show];
        $this->post('/presences/show', $status === null ? $params : [...$params, 'status' => $status]);
    }

    public function typing(string $ticket, string $nick, string $type, string $to, string $show): void
    {
        $params = ['ticket' => $ticket, 'nick' => self::nick($nick), 'type' => $type, 'to' => $to, 'show' => $show];
        $this->post('/statuses', $params);
    }

    /**
     * Pushes a message of the archive. Without a ticket the site is the sender.
     *
     * @return array{int, int} the sessions it was queued for, and those whose users are visible
     */
    public function message(Message $message, string $ticket = ''): array
    {
        return $this->push($ticket === '' ? ['from' => $message->from] : ['ticket' => $ticket], [
            'nick' => self::nick($message->nick), 'to' => $message->to, 'type' => $message->type,
            'id' => (string) $message->id, 'body' => $message->body, 'style' => $message->style,
            'timestamp' => (string) $message->time, 'meta' => $message->meta ?? '',
        ]);
    }

    /** Sends news to a room that is no group; no archive has it. */
    public function news(string $channel, string $nick, string $text, string $id): void
    {
        $body = mb_strcut($text, 0, Limits::MESSAGE_BYTES, 'UTF-8');
        $timestamp = (string) $this->config->now();
        $this->push(['from' => $channel], ['nick' => self::nick($nick), 'to' => $channel, 'type' => 'multicast',
            'id' => $id, 'body' => $body, 'style' => '', 'timestamp' => $timestamp]);
    }

    /**
     * @param array<string, string> $sender
     * @param array<string, string> $params
     * @return array{int, int}
     */
    private function push(array $sender, array $params): array
    {
        [$headers] = $this->post('/messages', $sender + $params);
        return [(int) ($headers['x-nextim-delivered'] ?? 0), (int) ($headers['x-nextim-visible'] ?? 0)];
    }

    /**
     * The users among these that are online and visible.
     *
     * @param list<string> $names
     * @return array<array-key, array{show: string, status: string}>
     */
    public function onlines(array $names): array
    {
        return self::presences($this->ask('/onlines', ['names' => implode(',', $names), 'version' => '6']));
    }

    /** @return list<array{id: string, nick: string}> the members of a room that are online and visible */
    public function members(string $room): array
    {
        $found = [];
        foreach ((array) ($this->ask('/room/members', ['room' => $room])[$room] ?? []) as $member) {
            $found[] = ['id' => (string) ($member['id'] ?? ''), 'nick' => (string) ($member['nick'] ?? '')];
        }
        return $found;
    }

    /**
     * Puts sessions into a room.
     *
     * @param array{ticket: string}|array{name: string} $who one session, or all of a user
     * @return int the number of its members that are online and visible
     */
    public function join(array $who, string $nick, string $room): int
    {
        return (int) ($this->ask('/room/join', $who + ['nick' => self::nick($nick), 'room' => $room])[$room] ?? 0);
    }

    /** @param array{ticket: string}|array{name: string} $who */
    public function leave(array $who, string $nick, string $room): void
    {
        $this->post('/room/leave', $who + ['nick' => self::nick($nick), 'room' => $room]);
    }

    /** From now on, neither user receives the presence of the other. */
    public function unlink(string $name, string $other): void
    {
        $this->post('/buddies/remove', ['name' => $name, 'buddies' => $other]);
    }

    /**
     * @param array<string, int|string> $params
     * @return array<array-key, mixed>
     */
    private function ask(string $path, array $params): array
    {
        $answer = json_decode($this->post($path, $params)[1], true);
        return is_array($answer) ? $answer : throw $this->failed(CallError::UNREACHABLE, 'the answer is no JSON');
    }

    /**
     * @param array<string, int|string> $params
     * @return array{array<string, string>, string} the headers and the body
     */
    protected function post(string $path, array $params): array
    {
        $own = ['domain' => $this->config->domain, 'apikey' => $this->config->apikey()];
        $left = $this->end === null ? Limits::IM_CALL_MS : (int) (($this->end - microtime(true)) * 1000);
        if ($left <= 0) {
            throw $this->failed(CallError::UNREACHABLE, 'no time was left');
        }
        $url = rtrim($this->config->server, '/') . $path;
        $form = http_build_query($own + $params, '', '&', PHP_QUERY_RFC3986);
        [$status, $headers, $body] = $this->transport->post($url, $form, min($left, Limits::IM_CALL_MS));
        return $status === 200 ? [$headers, $body] : throw $this->failed($status, "$path was answered $status");
    }

    private function failed(int $kind, string $text): CallError
    {
        $error = new CallError($kind, $text);
        if ($this->onFailure !== null) {
            ($this->onFailure)($error);
        }
        return $error;
    }

    /**
     * @param array<array-key, mixed> $list
     * @return array<array-key, array{show: string, status: string}>
     */
    private static function presences(array $list): array
    {
        $found = [];
        foreach ($list as $one) {
            if (is_array($one) && is_string($one['name'] ?? null)) {
                $show = (string) ($one['show'] ?? '');
                $found[$one['name']] = ['show' => $show, 'status' => (string) ($one['status'] ?? '')];
            }
        }
        return $found;
    }

    private static function nick(string $nick): string
    {
        return mb_strcut(mb_scrub(str_replace("\0", '', $nick), 'UTF-8'), 0, Limits::ID_BYTES, 'UTF-8');
    }
}
