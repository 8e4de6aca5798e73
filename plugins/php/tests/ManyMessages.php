<?php

/*
 * An archive of many messages, made by one statement a table.
 *
 * Owns: who wrote to whom. Must not: use the kit to write them: that would take hours.
 *
 * Alice and Bob have a long history, as has the room `walkers`; Alice has got messages from a thousand others, of which
 * some wait; all others have written to one another. But in the first half of the archive, one user has written and got
 * what all these others have later, and then went: `gone`.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Store;

final class ManyMessages
{
    private const MESSAGES = '"type", "from", "to", nick, body, "time", delivered';
    /** The sender and the receiver by the last digit of a message's number; `?` is one of a thousand others. */
    private const PAIRS = ['1' => ['alice', 'bob'], '2' => ['bob', 'alice'], '3' => ['bob', 'walkers'],
        '4' => ['bob', '?'], '5' => ['?', 'alice'], '6' => ['alice', '?']];

    private readonly Store $store;

    public function __construct(private readonly CountingDb $db, private readonly int $count)
    {
        $this->store = new Store($db);
    }

    public function make(): void
    {
        if ($this->store->dialect === 'mysql') {
            // MariaDB, and MySQL: each knows one of these.
            $this->db->run("SET SESSION /*M!100000 max_recursive_iterations = $this->count, */ sql_mode = 'STRICT_ALL_TABLES'");
            $this->db->run("SET SESSION /*!80003 cte_max_recursion_depth = $this->count, */ sql_notes = 1");
        }
        $this->fill('messages', self::MESSAGES, $this->count, $this->message());
        $other = $this->text('n % 997');
        $this->fill('talks', '"key", kind, a, b, last_id, last_time', intdiv($this->count, 10), [$this->text('n'),
            "'unicast'", $other, $other, 'n', 'n']);
        $this->fill('marks', 'me, "key", upto', intdiv($this->count, 10), [$other, $this->text('n'), 'n']);
        foreach (['messages', 'talks', 'marks'] as $table) {
            $this->store->rows(($this->store->dialect === 'mysql' ? 'ANALYZE TABLE' : 'ANALYZE') . " {{$table}}");
        }
    }

    /** @return list<string> the values of a message by its number `n` */
    private function message(): array
    {
        $isRoom = 'n % 10 IN (3, 4)';
        $waits = 'n % 505 = 5 OR (n % 10 > 6 AND n % 3 = 0)';
        return [
            "CASE WHEN n % 1000 = 0 THEN 'broadcast' WHEN $isRoom THEN 'multicast' ELSE 'unicast' END",
            $this->side(0, 'n % 997'),
            "CASE WHEN n % 1000 = 0 THEN '' ELSE {$this->side(1, 'n % 1009')} END",
            "'a nick'",
            "'a text'",
            '1700000000000 + n * 1000',
            "CASE WHEN $waits THEN 0 ELSE 1 END",
        ];
    }

    private function side(int $side, string $other): string
    {
        $cases = '';
        foreach (self::PAIRS as $digit => $pair) {
            $cases .= " WHEN $digit THEN " . ($pair[$side] === '?' ? $this->text($other) : "'{$pair[$side]}'");
        }
        $isGone = "n * 2 < $this->count AND n % 10 IN (7, 8, 9) AND n % 2 = $side";
        return "CASE WHEN $isGone THEN 'gone' ELSE CASE n % 10$cases ELSE {$this->text($other)} END END";
    }

    private function text(string $number): string
    {
        return $this->store->dialect === 'mysql' ? "CAST($number AS CHAR)" : "CAST($number AS TEXT)";
    }

    /** @param list<string> $values */
    private function fill(string $table, string $columns, int $count, array $values): void
    {
        $this->store->run("INSERT INTO {{$table}} ($columns) WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1"
            . " FROM series WHERE n < $count) SELECT " . implode(', ', $values) . ' FROM series');
    }
}
