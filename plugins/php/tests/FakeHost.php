<?php

/*
 * A host in memory.
 *
 * Owns: its users and rooms, which tests change. Must not: use the kit's tables.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Host;
use NextIM\Site\Person;
use NextIM\Site\Refusal;
use NextIM\Site\Request;
use NextIM\Site\Room;

final class FakeHost implements Host
{
    /** @var array<string, string> the nick of each user */
    public array $users = ['alice' => 'Alice', 'bob' => 'Bob', 'carol' => 'Carol', 'dave' => 'Dave', 'erin' => 'Erin'];
    /** @var array<string, int> */
    public array $uids = ['alice' => 1, 'bob' => 2, 'carol' => 3, 'dave' => 4, 'erin' => 5];
    /** @var array<string, list<string>> */
    public array $friends = ['alice' => ['bob', 'carol'], 'bob' => ['alice'], 'carol' => ['alice']];
    /** @var array<string, list<string>> the members of each room */
    public array $members = ['walkers' => ['alice', 'bob'], 'secret' => ['bob']];
    /** @var array<string, list<string>> */
    public array $apart = [];
    /** @var list<string> */
    public array $banned = [];
    /** @var list<string> */
    public array $ended = [];
    /** @var list<string> */
    public array $log = [];
    /** @var list<array{id: string, nick: string, url: string}> */
    public array $channels = [];
    public ?int $expires = null;
    /** How many questions about users and rooms it was asked. */
    public int $questions = 0;
    public string $refused = '';

    public function me(Request $request): ?Person
    {
        [$id, $session] = explode('/', $request->cookie('session'), 2) + [1 => ''];
        $isIn = isset($this->users[$id]) && !in_array($id, $this->banned, true) && !in_array($session, $this->ended, true);
        return $isIn ? $this->person($id, '', $session === '' ? "session of $id" : $session) : null;
    }

    public function people(array $ids, array $uids): array
    {
        $this->questions++;
        $found = array_filter(array_keys($this->users), fn(int|string $id): bool => !in_array($id, $this->banned, true)
            && (in_array((string) $id, $ids, true) || in_array((string) ($this->uids[$id] ?? ''), $uids, true)));
        return array_map(fn(int|string $id): Person => $this->person((string) $id), array_values($found));
    }

    public function contacts(Person $me): array
    {
        return array_map(fn(string $id): Person => $this->person($id, 'friend'), $this->friends[$me->id] ?? []);
    }

    public function rooms(Person $me, ?array $ids = null): array
    {
        $this->questions++;
        $found = [];
        foreach ($this->members as $id => $members) {
            if (in_array($me->id, $members, true) && ($ids === null || in_array((string) $id, $ids, true))) {
                $found[] = new Room((string) $id, ucfirst((string) $id), count($members), "/room/$id");
            }
        }
        return $found;
    }

    public function apart(Person $me): array
    {
        return $this->apart[$me->id] ?? [];
    }

    public function block(Person $me, string $id, bool $on): bool
    {
        return false;
    }

    public function rank(string $id): int
    {
        return 0;
    }

    public function ban(Person $me, string $id, ?int $until, string $reason): bool
    {
        return false;
    }

    public function may(Person $me, string $act, ?string $target = null): ?string
    {
        if ($act === $this->refused) {
            return "You may not $act.";
        }
        return $act === 'broadcast' && $me->id !== 'carol' ? 'Only an administrator may write to everybody.' : null;
    }

    public function edit(Person $me, string $body): string
    {
        return str_contains($body, 'forbidden') ? throw Refusal::forbidden('Mind your words.') : str_replace('darn', '****', $body);
    }

    public function logIn(string $name, string $password): ?Person
    {
        return isset($this->users[$name]) && $password === 'right' ? $this->person($name, '', "new of $name") : null;
    }

    public function notices(Person $me): array
    {
        return [['text' => 'A <reply>', 'link' => '/thread/1', 'time' => 5]];
    }

    public function extras(Person $me): array
    {
        return ['menu' => [['title' => 'Forum', 'url' => '/forum']], 'channels' => $this->channels];
    }

    public function log(string $level, string $text): void
    {
        $this->log[] = "$level: $text";
    }

    private function person(string $id, string $group = '', string $session = ''): Person
    {
        $uid = (string) ($this->uids[$id] ?? $id);
        return new Person($id, $uid, $this->users[$id], "/u/$uid", "/pic/$uid", '', $group, $session, $this->expires);
    }
}
