<?php

/*
 * Every message that was accepted: the ones that wait for their receivers, and the histories.
 *
 * Owns: the tables `messages`, `talks`, `marks` and `room_clears`. Must not: decide who may read or write; the
 * endpoints do.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Archive
{
    private const COLUMNS = '"type", "from", "to", nick, body, style, "time", cid, meta';
    private const TALK = '"key", kind, a, b, last_id, last_time';
    /** More rooms than these share one branch of a query: databases bound the branches. */
    private const ROOM_BRANCHES = 60;

    public function __construct(private readonly Store $store)
    {
    }

    /** The name of a conversation in `talks` and `marks`. */
    public static function key(string $type, string $from, string $to): string
    {
        [$a, $b] = self::sides($type, $from, $to);
        return hash('sha256', "$type\n$a\n$b");
    }

    /** The message that a sender has stored with this `cid`. */
    public function byCid(string $from, string $cid): ?Message
    {
        $rows = $this->store->rows('SELECT * FROM {messages} WHERE "from" = ? AND cid = ?', [$from, $cid]);
        return $rows === [] ? null : Message::of($rows[0]);
    }

    /**
     * Stores a message. If its sender has stored one with the same `cid`, even at the same moment, returns that one.
     *
     * The conversation's row is locked first: within a conversation, ids, times and the order in which messages become
     * visible are one order.
     *
     * @param string $begun the name of a conversation that has its row already; an empty text if none is known
     */
    public function add(
        Person $me,
        string $type,
        string $to,
        string $body,
        string $style,
        ?string $cid,
        ?string $meta,
        int $now,
        string $begun = '',
    ): Message {
        $nick = mb_strcut($me->nick, 0, Limits::ID_BYTES, 'UTF-8');
        $draft = new Message(0, $type, $me->id, $nick, $to, $body, $style, $now, $cid, $meta);
        [$a, $b] = self::sides($type, $me->id, $to);
        $talk = [self::key($type, $me->id, $to), $type, $a, $b];
        if ($talk[0] !== $begun) {
            // Not in the transaction: MySQL locks a gap where it finds no row, and two such locks can block each other.
            $this->store->addMissing('talks', self::TALK, [[...$talk, 0, 0]]);
        }
        $added = $this->store->atomic(function () use ($draft, $talk): ?Message {
            $id = $this->insert($draft, $talk[0]);
            if ($id === 0) {
                return null;
            }
            $message = $draft->with(['id' => $id, 'time' => $this->advance($talk, $id)]);
            $this->mark($message, $talk[0]);
            return $message;
        });
        $found = $added ?? ($cid === null ? null : $this->byCid($me->id, $cid));
        return $found ?? throw new DbError('a message was not stored');
    }

    /**
     * Locks the conversation's row and adds a message after its last one, in one statement: the database gives the id
     * when it has the lock. Returns 0 if the sender has stored one with the same `cid`.
     */
    private function insert(Message $new, string $key): int
    {
        [$ignore, $end] = match ($this->store->dialect) {
            'mysql' => ['IGNORE ', ' FOR UPDATE'],
            'pgsql' => ['', ' FOR UPDATE ON CONFLICT DO NOTHING'],
            // Its transactions are one after another.
            default => ['', ' ON CONFLICT DO NOTHING'],
        };
        $sql = "INSERT {$ignore}INTO {messages} (" . self::COLUMNS . ') SELECT ?, ?, ?, ?, ?, ?,'
            . " CASE WHEN last_time >= ? THEN last_time + 1 ELSE ? END, ?, ? FROM {talks} WHERE \"key\" = ?$end";
        return $this->store->insert($sql, [$new->type, $new->from, $new->to, $new->nick, $new->body, $new->style,
            $new->time, $new->time, $new->cid, $new->meta, $key]);
    }

    /**
     * Makes a new message the last of its conversation, and returns its time. The row is there: it is written as if it
     * were not because only such a statement gives a value back in MySQL.
     *
     * @param array{string, string, string, string} $talk
     */
    private function advance(array $talk, int $id): int
    {
        $values = [...$talk, $id, $id];
        $sql = 'INSERT INTO {talks} (' . self::TALK . ') VALUES (?, ?, ?, ?, ?, (SELECT "time" FROM {messages}'
            . ' WHERE id = ?))';
        $set = 'last_id = new(last_id), last_time = ';
        if ($this->store->dialect === 'mysql') {
            $sql .= $this->store->onConflict('talks', '"key"', "{$set}LAST_INSERT_ID(new(last_time))");
            return $this->store->insert($sql, $values);
        }
        $sql .= $this->store->onConflict('talks', '"key"', "{$set}new(last_time)");
        return (int) $this->store->rows("$sql RETURNING last_time", $values)[0]['last_time'];
    }

    /** Notes a new message between two users: the sender has read it, the other side has not. */
    private function mark(Message $message, string $key): void
    {
        if ($message->type !== 'unicast') {
            return;
        }
        $rows = [[$message->from, $key, $message->id, 0], [$message->to, $key, 0, 1]];
        // In the order of the table's key: MySQL locks the gap before each row, so in another order two conversations
        // may wait for one another.
        usort($rows, fn(array $one, array $other): int => strcmp($one[0], $other[0]));
        $this->store->put(
            'marks',
            'me, "key"',
            'me, "key", upto, unread',
            $rows,
            'upto = CASE WHEN new(upto) > old(upto) THEN new(upto) ELSE old(upto) END, '
                . 'unread = CASE WHEN new(upto) > 0 THEN 0 ELSE old(unread) + new(unread) END',
        );
    }

    /** Marks a message as delivered, unless it has come back: its receiver may have left while it was being pushed. */
    public function setDelivered(int $id, bool $arrived): void
    {
        $sql = 'UPDATE {messages} SET delivered = 1, arrived = ? WHERE id = ? AND returned = 0';
        $this->store->run($sql, [(int) $arrived, $id]);
    }

    /**
     * Marks the messages to a user among these as handed over.
     *
     * @param list<Message> $messages
     */
    public function setReceived(string $me, array $messages, bool $arrived): void
    {
        $ids = [];
        foreach ($messages as $message) {
            if (!$message->delivered && $message->type === 'unicast' && $message->to === $me) {
                $ids[] = $message->id;
            }
        }
        if ($ids !== []) {
            $sql = 'UPDATE {messages} SET delivered = 1, arrived = ?'
                . ' WHERE "type" = \'unicast\' AND "to" = ? AND id IN ';
            $this->store->run($sql . Store::in($ids), [(int) $arrived, $me, ...$ids]);
        }
    }

    /**
     * Marks messages as waiting again. Once: they may come back twice, and may have been received in between.
     *
     * @param list<int> $ids
     */
    public function setReturned(array $ids): void
    {
        if ($ids !== []) {
            $sql = 'UPDATE {messages} SET delivered = 0, arrived = 0, returned = 1'
                . ' WHERE "type" = \'unicast\' AND returned = 0 AND id IN ';
            $this->store->run($sql . Store::in($ids), $ids);
        }
    }

    /**
     * The undelivered messages to a user; and, if a page names the last message it has seen, all after that from and to
     * the user, in these rooms and to everybody, and a few before it: pushes may overtake one another. The oldest
     * first.
     *
     * Every branch walks its own index from there and stops after as many as the answer takes, however long the table
     * is.
     *
     * @param list<string> $rooms
     * @return array{list<Message>, ?int} the messages, and the id of the last of them if there are more
     */
    public function missed(string $me, array $rooms, ?int $since): array
    {
        $waiting = new Walk('waiting', ['"type"' => 'unicast', '"to"' => $me, 'delivered' => 0], 'to_gone = 0');
        [$sql, $args] = $waiting->from($this->store->dialect, 0, Limits::UNDELIVERED);
        $parts = ["SELECT id, 1 AS part FROM (SELECT id $sql) AS waiting"];
        if ($since !== null) {
            foreach ([[false, Limits::CATCH_UP + 1, 2], [true, Limits::CATCH_UP_OVERLAP, 3]] as $side) {
                [$isDown, $limit, $part] = $side;
                [$branches, $more] = $this->branches($me, $rooms, $since, $limit, $isDown);
                $order = $isDown ? 'DESC' : 'ASC';
                $parts[] = "SELECT id, $part AS part FROM (SELECT id FROM (" . implode(' UNION ', $branches)
                    . ") AS part{$part}a ORDER BY id $order LIMIT $limit) AS part{$part}b";
                $args = [...$args, ...$more];
            }
        }
        $sql = 'SELECT m.*, found.part FROM (' . implode(' UNION ALL ', $parts)
            . ') AS found JOIN {messages} AS m ON m.id = found.id ORDER BY m.id, found.part';
        return self::cut($this->store->rows($sql, $args));
    }

    /**
     * @param list<string> $rooms
     * @return array{list<string>, list<int|string>}
     */
    private function branches(string $me, array $rooms, int $since, int $limit, bool $isDown): array
    {
        $walks = [
            new Walk('sent', ['"from"' => $me], "\"type\" NOT IN ('multicast', 'broadcast') AND from_gone = 0"),
            new Walk('got', ['"type"' => 'unicast', '"to"' => $me], 'to_gone = 0'),
            new Walk('got', ['"type"' => 'broadcast', '"to"' => ''], 'deleted = 0'),
        ];
        $cleared = 'SELECT upto FROM {room_clears} AS c WHERE c."user" = ? AND c.room =';
        foreach (array_slice($rooms, 0, self::ROOM_BRANCHES) as $room) {
            $place = ['"type"' => 'multicast', '"to"' => $room];
            $walks[] = new Walk('got', $place, "id > COALESCE(($cleared ?), 0)", [$me, $room]);
        }
        [$branches, $args] = [[], []];
        foreach ($walks as $number => $walk) {
            [$sql, $values] = $walk->from($this->store->dialect, $since, $limit, $isDown);
            $branches[] = "SELECT id FROM (SELECT id $sql) AS branch$number";
            $args = [...$args, ...$values];
        }
        $rest = array_slice($rooms, self::ROOM_BRANCHES);
        if ($rest !== []) {
            $hint = $this->store->dialect === 'mysql' ? ' FORCE INDEX (got)' : '';
            [$compare, $order] = $isDown ? ['<=', 'DESC'] : ['>', 'ASC'];
            $branches[] = "SELECT id FROM (SELECT id FROM {messages}$hint WHERE \"type\" = 'multicast' AND \"to\" IN "
                . Store::in($rest) . " AND id $compare ? AND id > COALESCE(($cleared {messages}.\"to\"), 0)"
                . " ORDER BY id $order LIMIT $limit) AS rest";
            $args = [...$args, ...$rest, $since, $me];
        }
        return [$branches, $args];
    }

    /**
     * @param list<array<string, int|string|null>> $rows
     * @return array{list<Message>, ?int}
     */
    private static function cut(array $rows): array
    {
        $after = array_values(array_filter($rows, fn(array $row): bool => (int) $row['part'] === 2));
        $isMore = count($after) > Limits::CATCH_UP;
        $extra = $isMore ? (int) $after[Limits::CATCH_UP]['id'] : 0;
        $found = [];
        foreach ($rows as $row) {
            if ((int) $row['part'] !== 2 || (int) $row['id'] !== $extra) {
                $found[(int) $row['id']] ??= Message::of($row);
            }
        }
        return [array_values($found), $isMore ? (int) $after[Limits::CATCH_UP - 1]['id'] : null];
    }

    /**
     * The last messages of conversations before a time, as a user sees them, the oldest first.
     *
     * @param list<array{string, string}> $talks pairs of a type and the id of the user or the room
     * @return array<string, list<Message>> by type and id, as `unicast bob`
     */
    public function histories(string $me, array $talks, int $before, int $limit): array
    {
        $found = [];
        foreach (array_chunk($talks, 100) as $chunk) {
            [$parts, $args] = [[], []];
            foreach ($chunk as [$type, $id]) {
                // MySQL would walk all messages to one of the users, if most of them come from the other.
                $hint = $this->store->dialect !== 'mysql' ? ''
                    : ' FORCE INDEX (' . ($type === 'unicast' ? 'pair' : 'room') . ')';
                foreach (self::history($me, $type, $id) as [$where, $values]) {
                    $number = count($parts);
                    $parts[] = "SELECT * FROM (SELECT * FROM {messages}$hint WHERE $where AND \"time\" < ?"
                        . " ORDER BY \"time\" DESC, id DESC LIMIT $limit) AS part$number";
                    $args = [...$args, ...$values, $before];
                }
            }
            foreach ($this->store->rows(implode(' UNION ALL ', $parts), $args) as $row) {
                $message = Message::of($row);
                $other = $message->type === 'unicast' && $message->to === $me ? $message->from : $message->to;
                $found["{$message->type} $other"][] = $message;
            }
        }
        return array_map(fn(array $messages): array => self::newest($messages, $limit), $found);
    }

    /** @return list<array{string, list<string>}> */
    private static function history(string $me, string $type, string $id): array
    {
        if ($type === 'unicast') {
            $pair = '"type" = \'unicast\' AND "from" = ? AND "to" = ?';
            return [["$pair AND from_gone = 0", [$me, $id]], ["$pair AND to_gone = 0 AND delivered = 1", [$id, $me]]];
        }
        $cleared = '(SELECT upto FROM {room_clears} WHERE room = ? AND "user" = ?)';
        return [["\"type\" = 'multicast' AND \"to\" = ? AND id > COALESCE($cleared, 0)", [$id, $id, $me]]];
    }

    /**
     * @param list<Message> $messages
     * @return list<Message>
     */
    private static function newest(array $messages, int $limit): array
    {
        usort($messages, fn(Message $a, Message $b): int => [$a->time, $a->id] <=> [$b->time, $b->id]);
        return array_slice($messages, -$limit);
    }

    /**
     * Clears a conversation on the side of `me`. What was not delivered was not seen, so it is not cleared. What both
     * have cleared goes, but for an empty row, the conversation's last: a database may give the greatest id once more.
     *
     * Not in one transaction: it would hold the end of the conversation and then wait for a new message, which waits
     * for that end.
     */
    public function clearUser(string $me, string $other): void
    {
        $pair = '"type" = \'unicast\' AND (("from" = ? AND "to" = ?) OR ("from" = ? AND "to" = ?))';
        $args = [$me, $other, $other, $me];
        $isGone = '("from" = ? AND to_gone = 1) OR ("to" = ? AND delivered = 1 AND from_gone = 1)';
        // MySQL makes these assignments one after the other, so the columns of the condition come last.
        $sql = "UPDATE {messages} SET body = CASE WHEN $isGone THEN '' ELSE body END,"
            . " meta = CASE WHEN $isGone THEN NULL ELSE meta END,"
            . ' to_gone = CASE WHEN "to" = ? AND delivered = 1 THEN 1 ELSE to_gone END,'
            . " from_gone = CASE WHEN \"from\" = ? THEN 1 ELSE from_gone END WHERE $pair";
        $this->store->run($sql, [$me, $me, $me, $me, $me, $me, ...$args]);
        $last = '(SELECT last_id FROM {talks} WHERE "key" = ?)';
        $sql = "DELETE FROM {messages} WHERE $pair AND from_gone = 1 AND to_gone = 1 AND id < $last";
        $this->store->run($sql, [...$args, self::key('unicast', $me, $other)]);
    }

    /** Clears a room on the side of `me`. */
    public function clearRoom(string $me, string $room): void
    {
        $sql = 'INSERT INTO {room_clears} (room, "user", upto) SELECT ?, ?, COALESCE(MAX(id), 0) FROM {messages}'
            . ' WHERE "type" = \'multicast\' AND "to" = ?';
        $sql .= $this->store->onConflict('room_clears', 'room, "user"', 'upto = new(upto)');
        $this->store->run($sql, [$room, $me, $room]);
    }

    /**
     * The greatest id among the oldest rows before a time, at most so many; and never the newest row of all. Null if
     * there are none.
     */
    public function oldest(int $before, int $limit): ?int
    {
        $newest = '(SELECT MAX(id) FROM {messages})';
        $sql = "SELECT MAX(id) AS top FROM (SELECT id, \"time\" FROM {messages} WHERE id < $newest"
            . " ORDER BY id LIMIT $limit) AS oldest WHERE \"time\" < ?";
        $top = $this->store->rows($sql, [$before])[0]['top'] ?? null;
        return $top === null ? null : (int) $top;
    }

    /** Removes all messages up to this one. */
    public function removeUpTo(int $id): int
    {
        return $this->store->run('DELETE FROM {messages} WHERE id <= ?', [$id]);
    }

    /** @return array{string, string} */
    private static function sides(string $type, string $from, string $to): array
    {
        if ($type !== 'unicast') {
            return [$to, ''];
        }
        return strcmp($from, $to) < 0 ? [$from, $to] : [$to, $from];
    }
}
