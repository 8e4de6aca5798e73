<?php

/*
 * How many rows a query reads, in an archive of many messages.
 *
 * Owns: the plans of every query on messages, conversations and marks. Must not: measure time.
 *
 * NEXTIM_TEST_MESSAGES is the number of messages. `tests/long` takes a million, and then the times are printed.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Privacy;
use NextIM\Site\Request;
use NextIM\Site\Store;

final class PlansTest extends KitCase
{
    private const FEW = 50_000;
    /** Rows that the queries of one request may read together, temporary ones too; fewer than there are messages. */
    private const MOST = 25_000;
    /** The same for a user to whom only broadcasts have come since. */
    private const SOME = 10_000;
    /** The same for histories of thirty messages each. */
    private const FEWER = 1_000;
    /** Blocks that PostgreSQL may read to find where a walk begins, and of rows that were just changed, beside four a row. */
    private const BLOCKS = 100;
    /** A table of which no more than a part is read: by its name, or as the archive calls it in a join. */
    private const LONG = '(?:x_nextim_(?:messages|talks|marks)|m)';

    /** What the table has indexes for, beside its key. */
    private const INDEXES = ['got', 'pair', 'room', 'sent', 'waiting'];

    private int $count;
    /** @var array<string, true> the indexes of the table of messages that were used */
    private array $used = [];

    protected function setUp(): void
    {
        parent::setUp();
        $this->count = (int) (getenv('NEXTIM_TEST_MESSAGES') ?: self::FEW);
        $this->host->users['gone'] = 'Gone';
        foreach (['carol', 'dave', 'erin'] as $index => $id) {
            $this->host->users[(string) ($index + 5)] = $id;
        }
        (new ManyMessages($this->db, $this->count))->make();
        if ($this->db->dialect() === 'pgsql') {
            // Of a few messages it reads all rather than look some up.
            $this->db->run('SET enable_hashjoin = ' . ($this->count > self::FEW ? 'on' : 'off'));
            $this->db->run('SET enable_mergejoin = ' . ($this->count > self::FEW ? 'on' : 'off'));
        }
    }

    protected function tearDown(): void
    {
        if ($this->db->dialect() === 'pgsql') {
            $this->db->run('RESET ALL');
        }
    }

    public function testNoQueryReadsAllMessages(): void
    {
        [$middle, $last] = [(string) intdiv($this->count, 2), (string) $this->count];
        $time = (string) (1_700_000_000_000 + (int) $middle * 1000);
        $room = ['type' => 'multicast', 'id' => 'walkers'];
        foreach ([$middle, $last, '0'] as $since) {
            $this->read("missed since $since", fn() => $this->ask('alice', 'missed', ['since' => $since]));
        }
        $late = (string) intdiv($this->count * 6, 10);
        $this->read('missed by one who went', fn() => $this->ask('gone', 'missed', ['since' => $late]), self::SOME);
        $calls = ['history' => ['id' => 'bob'], 'history before' => ['id' => 'bob', 'before' => $time],
            'history of a room' => $room, 'history of a room before' => $room + ['before' => $time],
            'histories' => ['ids' => 'bob,carol,5,6']];
        foreach ($calls as $name => $params) {
            $this->read($name, fn() => $this->ask('alice', 'history', $params), self::FEWER);
        }
        $this->read('online, undelivered', fn() => $this->ask('alice', 'online'));
        $page = ['since' => $middle, 'buddy_ids' => 'bob,5,6', 'room_ids' => 'walkers'];
        $this->read('online', fn() => $this->ask('alice', 'online', $page));
        $this->read('message', fn() => $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'cid' => '1']));
        $this->read('message again', fn() => $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'cid' => '1']));
        $this->read('message to a room', fn() => $this->ask('alice', 'message', ['type' => 'multicast', 'to' => 'walkers',
            'body' => 'x']));
        $this->read('undelivered', fn() => self::assertSame(200, $this->returned(range(1, 100))));
        $this->read('clear a room', fn() => $this->ask('alice', 'clear_history', $room));
        $this->read('clear a history', fn() => $this->ask('alice', 'clear_history', ['id' => '5']));
        $this->read('missed after clearing', fn() => $this->ask('alice', 'missed', ['since' => $middle]));
        $privacy = new Privacy(new Store($this->db), $this->config);
        $this->now = 1_700_000_000_000 + 86_400_000 * 31;
        $this->read('prune', fn() => self::assertSame(1000, $privacy->prune(30)));
        $this->read('export', fn() => $privacy->export('5'));
        $this->read('erase', fn() => $privacy->erase('5'));
        self::assertSame([], array_values(array_diff(self::INDEXES, array_keys($this->used))), 'not used');
    }

    /** @param callable(): mixed $what */
    private function read(string $name, callable $what, int $most = self::MOST): void
    {
        $first = count($this->db->statements);
        if ($this->db->dialect() === 'mysql') {
            $this->db->run('FLUSH STATUS');
        }
        $start = hrtime(true);
        $what();
        $ms = (hrtime(true) - $start) / 1e6;
        if ($this->db->dialect() === 'mysql') {
            $reads = array_sum(array_column($this->db->rows("SHOW SESSION STATUS LIKE 'Handler_read%'"), 'Value'));
            self::assertLessThan($most, $reads, $name);
        }
        if ($this->count > self::FEW) {
            fwrite(STDERR, sprintf("%s, %s: %.1f ms\n", $this->db->dialect(), $name, $ms));
        }
        $last = count($this->db->statements);
        for ($index = $first; $index < $last; $index++) {
            [$sql, $args] = [$this->db->statements[$index], $this->db->args[$index]];
            if (preg_match('/x_nextim_(messages|talks|marks)/', $sql) === 1) {
                $this->assertPlan("$name: $sql", $sql, $args, $most);
            }
        }
    }

    /** @param list<int|string|null> $args */
    private function assertPlan(string $name, string $sql, array $args, int $most): void
    {
        match ($this->db->dialect()) {
            'sqlite' => $this->assertSqlite($name, $this->db->rows("EXPLAIN QUERY PLAN $sql", $args)),
            'mysql' => $this->assertMysql($name, $this->db->rows("EXPLAIN $sql", $args)),
            default => $this->assertPgsql($name, $sql, $args, $most),
        };
    }

    /** @param list<array<string, int|string|null>> $plan */
    private function assertSqlite(string $name, array $plan): void
    {
        $sorted = [];
        foreach ($plan as $step) {
            self::assertDoesNotMatchRegularExpression('/^SCAN ' . self::LONG . '\b/', (string) $step['detail'], $name);
            if (preg_match('/ INDEX x_nextim_messages_(\w+)/', (string) $step['detail'], $found) === 1) {
                $this->used[$found[1]] = true;
            }
            if ($step['detail'] === 'USE TEMP B-TREE FOR ORDER BY') {
                $sorted[] = $step['parent'];
            }
        }
        foreach ($plan as $step) {
            $isRange = str_starts_with((string) $step['detail'], 'SEARCH x_nextim_messages');
            self::assertFalse($isRange && in_array($step['parent'], $sorted, true), "sorts what it finds: $name");
        }
    }

    /** @param list<array<string, int|string|null>> $plan */
    private function assertMysql(string $name, array $plan): void
    {
        foreach ($plan as $step) {
            $isLong = $step['select_type'] !== 'INSERT' && preg_match('/^' . self::LONG . '$/D', (string) $step['table']) === 1;
            self::assertFalse($isLong && in_array($step['type'], ['ALL', 'index'], true), "{$step['type']}: $name");
            $this->used[(string) $step['key']] = true;
        }
    }

    /** @param list<int|string|null> $args */
    private function assertPgsql(string $name, string $sql, array $args, int $most): void
    {
        $this->db->run('BEGIN');
        try {
            $plan = $this->db->rows("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) $sql", $args)[0]['QUERY PLAN'];
        } finally {
            $this->db->run('ROLLBACK');
        }
        $read = $this->rowsRead(json_decode((string) $plan, true)[0]['Plan'], $name);
        self::assertLessThan($most, $read, $name);
    }

    /** @param array<string, mixed> $step */
    private function rowsRead(array $step, string $name): int
    {
        $isLong = preg_match('/^x_nextim_(messages|talks|marks)$/D', $step['Relation Name'] ?? '') === 1;
        self::assertFalse($isLong && $step['Node Type'] === 'Seq Scan', $name);
        $this->used[(string) preg_replace('/^x_nextim_messages_/', '', $step['Index Name'] ?? '')] = true;
        $rows = $isLong ? $step['Actual Loops'] * ($step['Actual Rows'] + ($step['Rows Removed by Filter'] ?? 0)) : 0;
        // Of a walk it does not count what it has passed over in the index, but how many blocks that were.
        $blocks = $step['Shared Hit Blocks'] + $step['Shared Read Blocks'];
        $isWalk = $isLong && str_contains($step['Index Cond'] ?? '', 'ROW(');
        $most = self::BLOCKS * $step['Actual Loops'] + 4 * $rows;
        self::assertLessThanOrEqual($most, $isWalk ? $blocks : 0, "blocks: $name");
        foreach ($step['Plans'] ?? [] as $inner) {
            $rows += $this->rowsRead($inner, $name);
        }
        return (int) $rows;
    }

    /** @param list<int> $ids */
    private function returned(array $ids): int
    {
        $headers = ['Authorization' => 'Basic ' . base64_encode('site:key')];
        $body = (string) json_encode(array_map(fn(int $id): array => ['id' => $id], $ids));
        return $this->handler->handle(new Request('undelivered', 'POST', '', $headers, $body))->status;
    }
}
