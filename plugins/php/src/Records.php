<?php

/*
 * What the kit keeps of a user beside messages: settings, blocks, tickets; and its own notes.
 *
 * Owns: the tables `settings`, `blocks`, `tickets` and `meta`. Must not: store a ticket, or a session's secret, as it
 * is.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Records
{
    private const ROOM = 'room:';
    private const STATUS = '_status';
    private const ENDING = 'ending:';
    private const SILENT = 'silent';
    private const PRUNED = 'pruned';

    public function __construct(private readonly Store $store)
    {
    }

    /** All that is known of a user, in one query; whose a ticket is, and whether a conversation has begun. */
    public function known(Person $me, string $ticket = '', string $talk = ''): Known
    {
        $parts = [
            'SELECT \'setting\' AS what, name AS a, "value" AS b, 0 AS c FROM {settings} WHERE "user" = ?',
            'SELECT \'blocked\', blocked, \'\', 0 FROM {blocks} WHERE "user" = ?',
            'SELECT \'blocker\', "user", \'\', 0 FROM {blocks} WHERE blocked = ?',
            'SELECT \'owner\', "user", \'\', 0 FROM {tickets} WHERE hash = ?',
            'SELECT \'ticket\', hash, sealed, used FROM {tickets} WHERE session = ?',
            'SELECT \'talk\', "key", \'\', 0 FROM {talks} WHERE "key" = ?',
            'SELECT \'meta\', name, "value", 0 FROM {meta} WHERE name IN (?, ?) OR (name >= ? AND name < ?)',
        ];
        $args = [$me->id, $me->id, $me->id, Tickets::hash($ticket), Tickets::hash($me->session), $talk,
            self::PRUNED, self::SILENT, self::ENDING, 'ending;'];
        $known = new Known();
        foreach ($this->store->rows(implode(' UNION ALL ', $parts), $args) as $row) {
            $this->note($known, (string) $row['what'], (string) $row['a'], (string) $row['b'], (int) $row['c']);
        }
        return $known;
    }

    private function note(Known $known, string $what, string $a, string $b, int $c): void
    {
        match (true) {
            $what === 'setting' && $a === self::STATUS => $known->status = self::status($b),
            $what === 'setting' && str_starts_with($a, ChatPasswords::SETTING) => null,
            $what === 'setting' && str_starts_with($a, self::ROOM)
                => $known->blockedRooms[] = substr($a, strlen(self::ROOM)),
            $what === 'setting' => $known->settings[$a] = json_decode($b, true),
            $what === 'blocked' => $known->blocked[] = $a,
            $what === 'blocker' => $known->blockers[] = $a,
            $what === 'owner' => $known->owner = $a,
            $what === 'talk' => $known->begun = $a,
            $what === 'ticket' => $known->tickets[] = ['hash' => $a, 'sealed' => $b, 'used' => $c],
            $a === self::PRUNED => $known->pruned = (int) $b,
            $a === self::SILENT => $known->silentUntil = (int) $b,
            default => $known->endings[$a] = $b,
        };
    }

    /**
     * Keeps settings.
     *
     * @param array<string, mixed> $values
     * @param ?list<string> $blockedRooms replaces the rooms that the user does not want
     */
    public function set(string $me, array $values, ?array $blockedRooms = null): void
    {
        $this->store->atomic(function () use ($me, $values, $blockedRooms): void {
            $row = fn(string $name): array => [$me, $name, Response::encode($values[$name])];
            $rows = array_map($row, array_keys($values));
            if ($blockedRooms !== null) {
                $sql = 'DELETE FROM {settings} WHERE "user" = ? AND name >= ? AND name < ?';
                $this->store->run($sql, [$me, self::ROOM, 'room;']);
                foreach ($blockedRooms as $room) {
                    $rows[] = [$me, self::ROOM . $room, '1'];
                }
            }
            $this->store->put('settings', '"user", name', '"user", name, "value"', $rows, '"value" = new("value")');
        });
    }

    /** Keeps whether a user does not want the messages of a room. */
    public function blockRoom(string $me, string $room, bool $on): void
    {
        if ($on) {
            $this->store->addMissing('settings', '"user", name, "value"', [[$me, self::ROOM . $room, '1']]);
        } else {
            $this->store->run('DELETE FROM {settings} WHERE "user" = ? AND name = ?', [$me, self::ROOM . $room]);
        }
    }

    public function hasBlockedRoom(string $me, string $room): bool
    {
        $sql = 'SELECT 1 AS found FROM {settings} WHERE "user" = ? AND name = ?';
        return $this->store->rows($sql, [$me, self::ROOM . $room]) !== [];
    }

    /** Keeps the line of text beside a user's presence. */
    public function setStatus(string $me, string $status, int $now): void
    {
        $this->set($me, [self::STATUS => ['text' => $status, 'time' => $now]]);
    }

    /**
     * The lines of text beside the presence of these users.
     *
     * @param list<string> $ids
     * @return array<array-key, array{text: string, time: int}>
     */
    public function statuses(array $ids): array
    {
        $found = [];
        if ($ids !== []) {
            $sql = 'SELECT "user", "value" FROM {settings} WHERE name = ? AND "user" IN ' . Store::in($ids);
            foreach ($this->store->rows($sql, [self::STATUS, ...$ids]) as $row) {
                $found[(string) $row['user']] = self::status((string) $row['value']);
            }
        }
        return $found;
    }

    /** @return array{text: string, time: int} */
    private static function status(string $json): array
    {
        $kept = json_decode($json, true);
        return ['text' => (string) ($kept['text'] ?? ''), 'time' => (int) ($kept['time'] ?? 0)];
    }

    public function block(string $me, string $other, bool $on): void
    {
        if ($on) {
            $this->store->addMissing('blocks', '"user", blocked', [[$me, $other]]);
        } else {
            $this->store->run('DELETE FROM {blocks} WHERE "user" = ? AND blocked = ?', [$me, $other]);
        }
    }

    public function addTicket(Person $me, string $ticket, int $now): void
    {
        $sealed = Tickets::seal($me->session, $ticket);
        $row = [Tickets::hash($ticket), $me->id, Tickets::hash($me->session), $sealed, $now];
        $this->store->put('tickets', 'hash', 'hash, "user", session, sealed, used', [$row], 'used = new(used)');
    }

    /** @param list<string> $hashes */
    public function removeTickets(array $hashes): void
    {
        if ($hashes !== []) {
            $this->store->run('DELETE FROM {tickets} WHERE hash IN ' . Store::in($hashes), $hashes);
        }
    }

    /** Removes the tickets of a session, and returns them. @return list<string> */
    public function takeTickets(string $session): array
    {
        $sql = 'SELECT hash, sealed FROM {tickets} WHERE session = ?';
        $tickets = [];
        foreach ($this->store->rows($sql, [Tickets::hash($session)]) as $row) {
            $tickets[] = Tickets::open($session, (string) $row['hash'], (string) $row['sealed']);
        }
        $this->store->run('DELETE FROM {tickets} WHERE session = ?', [Tickets::hash($session)]);
        return array_values(array_filter($tickets, fn(?string $ticket): bool => $ticket !== null));
    }

    public function removeTicketsOf(string $user): void
    {
        $this->store->run('DELETE FROM {tickets} WHERE "user" = ?', [$user]);
    }

    /** When events may call the message server again, in ms. */
    public function silentUntil(): int
    {
        return (int) $this->meta(self::SILENT);
    }

    public function setSilentUntil(int $time): void
    {
        $this->setMeta(self::SILENT, (string) $time);
    }

    /** Log-outs that the message server does not know of yet. @return array<string, string> what to end, by name */
    public function endings(): array
    {
        $sql = 'SELECT name, "value" FROM {meta} WHERE name >= ? AND name < ? ORDER BY name LIMIT ' . Limits::ENDINGS;
        $found = [];
        foreach ($this->store->rows($sql, [self::ENDING, 'ending;']) as $row) {
            $found[(string) $row['name']] = (string) $row['value'];
        }
        return $found;
    }

    public function addEnding(string $what): void
    {
        $this->setMeta(self::ENDING . hash('sha256', $what), $what);
    }

    /** @param list<string> $names */
    public function removeEndings(array $names): void
    {
        if ($names !== []) {
            $this->store->run('DELETE FROM {meta} WHERE name IN ' . Store::in($names), $names);
        }
    }

    public function setPruned(int $id): void
    {
        $this->setMeta(self::PRUNED, (string) $id);
    }

    /** A note of the kit; an empty text if there is none. */
    private function meta(string $name): string
    {
        return (string) ($this->store->rows('SELECT "value" FROM {meta} WHERE name = ?', [$name])[0]['value'] ?? '');
    }

    private function setMeta(string $name, string $value): void
    {
        $this->store->put('meta', 'name', 'name, "value"', [[$name, $value]], '"value" = new("value")');
    }
}
