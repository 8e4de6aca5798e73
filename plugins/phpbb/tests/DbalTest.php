<?php

/*
 * Tests of the kit's database over phpBB's dbal.
 *
 * Owns: what differs from a plain connection. Must not: test the kit's statements.
 *
 * NEXTIM_TEST_DSN and NEXTIM_TEST_USER name another database than SQLite in memory; its tables `t` and `phpbb_nextim_*`
 * are removed.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use NextIM\Site\DbError;
use NextIM\Site\Migrations;
use NextIM\Site\Store;
use nextim\bar\core\Dbal;
use PHPUnit\Framework\TestCase;

final class DbalTest extends TestCase
{
    private Sqlite|Server $board;
    private Dbal $db;
    private Store $store;

    protected function setUp(): void
    {
        $dsn = (string) getenv('NEXTIM_TEST_DSN');
        $this->board = $dsn === '' ? new Sqlite() : new Server($dsn);
        $this->db = new Dbal($this->board, 'phpbb_');
        $this->store = new Store($this->db);
        $this->board->sql_query('DROP TABLE IF EXISTS t');
        $this->board->sql_query('CREATE TABLE t (id ' . match ($this->db->dialect()) {
            'mysql' => 'INTEGER PRIMARY KEY AUTO_INCREMENT, name VARCHAR(99) UNIQUE, n INTEGER) DEFAULT CHARACTER SET utf8mb4',
            'pgsql' => 'SERIAL PRIMARY KEY, name TEXT UNIQUE, n INTEGER)',
            default => 'INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, n INTEGER)',
        });
    }

    public function testValuesComeBackAsTheyWere(): void
    {
        foreach (["it's", 'a ? b', '\\', '😀', '%', "' OR 1=1 --", ''] as $text) {
            $this->db->run('DELETE FROM t');
            $this->db->run('INSERT INTO t (name, n) VALUES (?, ?)', [$text, null]);
            self::assertSame([['name' => $text, 'n' => null]], $this->db->rows('SELECT name, n FROM t WHERE name = ?', [$text]));
        }
    }

    public function testInsertNamesTheNewRowOnly(): void
    {
        $isMysql = $this->db->dialect() === 'mysql';
        $sql = $isMysql ? 'INSERT IGNORE INTO t (name) VALUES (?)' : 'INSERT INTO t (name) VALUES (?) ON CONFLICT DO NOTHING';
        self::assertSame(1, $this->db->insert($sql, ['a']));
        self::assertSame(0, $this->db->insert($sql, ['a']), 'none was added');
        self::assertSame($this->db->insert($sql, ['b']), $this->board->value('SELECT MAX(id) FROM t'));
        self::assertSame(2, $this->board->value('SELECT COUNT(*) FROM t'), 'each ran once');
        self::assertSame(2, $this->db->run('UPDATE t SET n = 1'));
    }

    public function testATransactionIsTriedAgainAfterAConflict(): void
    {
        $conflict = match ($this->db->dialect()) {
            'mysql' => "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213",
            'pgsql' => "DO $$ BEGIN RAISE EXCEPTION 'deadlock detected'; END $$",
            // SQLite has none: one writes after the other.
            default => 'SELECT 1',
        };
        $tries = 0;
        $done = $this->db->atomic(function () use ($conflict, &$tries): string {
            if (++$tries < 3) {
                $this->db->run($conflict);
            }
            return 'done';
        });
        self::assertSame(['done', $conflict === 'SELECT 1' ? 1 : 3], [$done, $tries]);
    }

    public function testAStatementThatReturnsARowRunsOnce(): void
    {
        $sql = 'INSERT INTO t (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = t.n + 1 WHERE t.n < ?
            RETURNING n';
        $next = fn(): array => array_map(intval(...), array_column($this->db->rows($sql, ['a', 5, 7]), 'n'));
        if ($this->db->dialect() === 'mysql') {
            $sql = 'INSERT INTO t (name, n) VALUES (?, LAST_INSERT_ID(?)) ON DUPLICATE KEY UPDATE
                n = CASE WHEN n < ? THEN LAST_INSERT_ID(n + 1) ELSE n + LAST_INSERT_ID(0) END';
            $next = fn(): array => array_filter([$this->db->insert($sql, ['a', 5, 7])]);
            self::assertSame([1], $next(), 'a new row');
        } else {
            self::assertSame([5], $next());
        }
        self::assertSame([6], $next());
        self::assertSame([7], $next());
        self::assertSame([], $next(), 'nothing was changed, so nothing is returned');
        self::assertSame(7, $this->board->value('SELECT n FROM t'));
    }

    public function testAStatementThatFailsDoesNotEndTheRequest(): void
    {
        $this->expectException(DbError::class);
        $this->db->run('SELECT * FROM nowhere');
    }

    public function testPhpbbReportsItsOwnErrorsAgain(): void
    {
        try {
            $this->db->run('SELECT * FROM nowhere');
            self::fail('an error is expected');
        } catch (DbError) {
            $this->expectException(\LogicException::class);
            $this->board->sql_query('SELECT * FROM nowhere');
        }
    }

    public function testATransactionIsAllOrNothing(): void
    {
        $add = fn(string $name): int => $this->db->run('INSERT INTO t (name) VALUES (?)', [$name]);
        self::assertSame('done', $this->db->atomic(function () use ($add): string {
            $add('a');
            return $this->db->atomic(fn(): string => $add('b') === 1 ? 'done' : '');
        }));
        try {
            $this->db->atomic(function () use ($add): void {
                $add('c');
                $this->db->atomic(fn() => throw new \RuntimeException('the reason'));
            });
            self::fail('an error is expected');
        } catch (\RuntimeException $error) {
            self::assertSame('the reason', $error->getMessage());
        }
        self::assertSame(2, $this->board->value('SELECT COUNT(*) FROM t'));
    }

    public function testAnErrorThatIsCaughtLeavesTheTransactionAsItIs(): void
    {
        if ($this->db->dialect() === 'pgsql') {
            // This one takes no more statements after an error.
            $this->expectException(DbError::class);
        }
        $this->db->atomic(function (): void {
            $this->db->run('INSERT INTO t (name) VALUES (?)', ['a']);
            try {
                $this->db->run('INSERT INTO t (name) VALUES (?)', ['a']);
            } catch (DbError) {
                $this->db->run('INSERT INTO t (name) VALUES (?)', ['b']);
            }
        });
        self::assertSame(2, $this->board->value('SELECT COUNT(*) FROM t'));
    }

    public function testATransactionOfPhpbbIsJoined(): void
    {
        $this->board->sql_transaction('begin');
        $this->db->atomic(fn() => $this->db->run('INSERT INTO t (name) VALUES (?)', ['a']));
        $this->board->sql_transaction('rollback');
        self::assertSame(0, $this->board->value('SELECT COUNT(*) FROM t'));
    }

    public function testTheKitsTablesAreMadeTwiceAndRemoved(): void
    {
        $migrations = new Migrations($this->db);
        $migrations->uninstall(true);
        $migrations->migrate();
        $migrations->migrate();
        self::assertSame(Migrations::LAST, $migrations->number());
        $row = ['unicast', '2', '3', 'Alice', '😀 it\'s', 1];
        self::assertSame(1, $this->store->insert('INSERT INTO {messages} ("type", "from", "to", nick, body, "time")
            VALUES (?, ?, ?, ?, ?, ?)', $row));
        self::assertSame('😀 it\'s', $this->store->rows('SELECT body FROM {messages}')[0]['body']);
        $migrations->uninstall(true);
        self::assertSame(0, $migrations->number());
    }

    public function testMysqlIsSpokenToInFourBytesACharacter(): void
    {
        $board = new Sqlite();
        $board->layer = 'mysqli';
        $db = new Dbal($board, 'phpbb_');
        try {
            $db->rows('SELECT 1');
        } catch (DbError) {
            // SQLite does not know the statement.
        }
        self::assertSame('mysql', $db->dialect());
        self::assertSame('SET NAMES utf8mb4', $board->statements[0]);
        $board->layer = 'oracle';
        self::assertSame('', (new Dbal($board, ''))->dialect());
    }
}
