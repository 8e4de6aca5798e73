<?php

/*
 * The example's users, friends and groups, as the kit asks for them.
 *
 * Owns: the tables of the example. Must not: use a table of the kit.
 */

declare(strict_types=1);

namespace NextIM\Site\Example;

use NextIM\Site\Db;
use NextIM\Site\Host as Adapter;
use NextIM\Site\Person;
use NextIM\Site\Request;
use NextIM\Site\Room;
use NextIM\Site\Store;

final class Host implements Adapter
{
    public const COOKIE = 'example_session';
    public const CHANNEL = 'channel:forum';
    private const LOG_IN_S = 86400;
    private const PERSON = 'SELECT id, uid, nick FROM ex_users WHERE banned = 0 AND ';

    public function __construct(private readonly Db $db)
    {
    }

    /** Makes the tables of the example, if they are not there. */
    public function install(): void
    {
        foreach (
            [
                'users (id VARCHAR(200) PRIMARY KEY, uid BIGINT, nick VARCHAR(200), password VARCHAR(200), banned INT)',
                'sessions (token VARCHAR(64) PRIMARY KEY, id VARCHAR(200), expires BIGINT)',
                'friends (a VARCHAR(200), b VARCHAR(200), PRIMARY KEY (a, b))',
                'ignored (a VARCHAR(200), b VARCHAR(200), PRIMARY KEY (a, b))',
                'rooms (id VARCHAR(64) PRIMARY KEY, nick VARCHAR(200))',
                'members (room VARCHAR(64), id VARCHAR(200), PRIMARY KEY (room, id))',
                'subscribers (id VARCHAR(200) PRIMARY KEY)',
            ] as $table
        ) {
            $this->db->run("CREATE TABLE IF NOT EXISTS ex_$table");
        }
    }

    public function me(Request $request): ?Person
    {
        $token = $request->cookie(self::COOKIE);
        $sql = 'SELECT u.id, u.uid, u.nick, s.expires FROM ex_sessions AS s JOIN ex_users AS u ON u.id = s.id'
            . ' WHERE s.token = ? AND s.expires > ? AND u.banned = 0';
        $row = $token === '' ? null : $this->db->rows($sql, [hash('sha256', $token), time()])[0] ?? null;
        return $row === null ? null : self::person($row, '', $token, (int) $row['expires'] * 1000);
    }

    public function people(array $ids, array $uids): array
    {
        // A number that is too long to be one of ours is nobody's.
        $numbers = array_map(intval(...), array_filter($uids, fn(string $uid): bool => strlen($uid) < 18));
        $sql = self::PERSON . '(id IN ' . Store::in([...$ids, '']) . ' OR uid IN ' . Store::in([...$numbers, 0]) . ')';
        return array_map(self::person(...), $this->db->rows($sql, [...$ids, '', ...$numbers, 0]));
    }

    public function contacts(Person $me): array
    {
        $rows = $this->db->rows(self::PERSON . 'id IN (SELECT b FROM ex_friends WHERE a = ?) ORDER BY id', [$me->id]);
        return array_map(fn(array $row): Person => self::person($row, 'friend'), $rows);
    }

    public function rooms(Person $me, ?array $ids = null): array
    {
        $sql = 'SELECT r.id, r.nick, (SELECT COUNT(*) FROM ex_members AS c WHERE c.room = r.id) AS members'
            . ' FROM ex_rooms AS r JOIN ex_members AS m ON m.room = r.id WHERE m.id = ?';
        $sql .= $ids === null ? '' : ' AND r.id IN ' . Store::in([...$ids, '']);
        $rows = $this->db->rows("$sql ORDER BY r.id", [$me->id, ...($ids === null ? [] : [...$ids, ''])]);
        $room = fn(string $id, string $nick, int $members): Room => new Room($id, $nick, $members, "/group/$id");
        return array_map(fn(array $row): Room
            => $room((string) $row['id'], (string) $row['nick'], (int) $row['members']), $rows);
    }

    public function apart(Person $me): array
    {
        $sql = 'SELECT b AS id FROM ex_ignored WHERE a = ? UNION SELECT a FROM ex_ignored WHERE b = ?';
        return array_map(strval(...), array_column($this->db->rows($sql, [$me->id, $me->id]), 'id'));
    }

    /** The bar marks whom the user ignores by the kit's own list, so the kit keeps it. */
    public function block(Person $me, string $id, bool $on): bool
    {
        return false;
    }

    public function rank(string $id): int
    {
        return $id === 'admin' ? 1 : 0;
    }

    public function ban(Person $me, string $id, ?int $until, string $reason): bool
    {
        $this->db->run('UPDATE ex_users SET banned = 1 WHERE id = ?', [$id]);
        return true;
    }

    public function may(Person $me, string $act, ?string $target = null): ?string
    {
        $isAllowed = $act !== 'broadcast' || $this->rank($me->id) > 0;
        return $isAllowed ? null : 'Only an administrator may write to everybody.';
    }

    public function edit(Person $me, string $body): string
    {
        return $body;
    }

    public function logIn(string $name, string $password): ?Person
    {
        $sql = 'SELECT id, uid, nick, password FROM ex_users WHERE id = ? AND banned = 0';
        $row = $this->db->rows($sql, [$name])[0] ?? null;
        if ($row === null || !password_verify($password, (string) $row['password'])) {
            return null;
        }
        [$token, $end] = [bin2hex(random_bytes(24)), time() + self::LOG_IN_S];
        $session = [hash('sha256', $token), $name, $end];
        $this->db->run('INSERT INTO ex_sessions (token, id, expires) VALUES (?, ?, ?)', $session);
        if (!headers_sent()) {
            $options = ['path' => '/', 'httponly' => true, 'samesite' => 'Lax', 'expires' => $end];
            setcookie(self::COOKIE, $token, $options);
        }
        return self::person($row, '', $token, $end * 1000);
    }

    public function logOut(string $token): void
    {
        $this->db->run('DELETE FROM ex_sessions WHERE token = ?', [hash('sha256', $token)]);
    }

    public function notices(Person $me): array
    {
        return [];
    }

    public function extras(Person $me): array
    {
        $isSubscribed = $this->db->rows('SELECT id FROM ex_subscribers WHERE id = ?', [$me->id]) !== [];
        $channels = $isSubscribed ? [['id' => self::CHANNEL, 'nick' => 'Forum', 'url' => '/']] : [];
        return ['menu' => [['title' => 'Front page', 'url' => '/']], 'channels' => $channels];
    }

    public function log(string $level, string $text): void
    {
        error_log("$level: $text");
    }

    /** @param array<string, int|string|null> $row */
    private static function person(array $row, string $group = '', string $token = '', ?int $expires = null): Person
    {
        [$id, $uid] = [(string) $row['id'], (string) $row['uid']];
        return new Person($id, $uid, (string) $row['nick'], "/user/$uid", '', '', $group, $token, $expires);
    }
}
