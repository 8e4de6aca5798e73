<?php

/*
 * Hosts and databases that fail.
 *
 * Owns: what a user is told then, what stands in the log, and that nothing is kept by halves. Must not: need a message
 * server.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Db;
use NextIM\Site\DbError;
use NextIM\Site\Handler;
use NextIM\Site\Im;
use NextIM\Site\Migrations;
use NextIM\Site\PdoDb;
use NextIM\Site\Store;
use PDO;

final class TroubleTest extends KitCase
{
    /** What keeps a row of what users did; `rates` and `meta` do not. */
    private const KEPT = ['talks', 'messages', 'marks', 'room_clears', 'settings', 'tickets', 'blocks'];

    private FailingHost $failing;
    private string $file = '';

    protected function tearDown(): void
    {
        if ($this->file !== '') {
            unlink($this->file);
        }
    }

    protected function use(array $options): void
    {
        parent::use($options + ['logIn' => true]);
        $this->failing ??= new FailingHost($this->host);
        $this->handler = new Handler($this->failing, $this->db, new Im($this->config, $this->im), $this->config);
    }

    /**
     * @dataProvider functions
     * @param array<string, string> $params
     */
    public function testAHostThatFails(string $function, int $good, string $endpoint, array $params = []): void
    {
        $this->im->delivered = 0;
        $this->ask('bob', 'message', ['to' => 'alice', 'body' => 'waits']);
        [$before, $this->failing->failing, $this->failing->good] = [$this->kept(), $function, $good];
        $response = $this->call('alice', $endpoint, $params);
        self::assertSame(
            [500, 'application/json', '{"error":"The site has failed.","status":500}'],
            [$response->status, $response->type, $response->body]
        );
        self::assertSame($before, $this->kept(), 'nothing is kept');
        self::assertCount(1, $this->host->log);
        self::assertStringContainsString("$endpoint failed: RuntimeException at FailingHost.php:", $this->host->log[0]);
        self::assertStringNotContainsString(FailingHost::WORDS, $this->host->log[0]);
        $opened = count($this->im->of('/presences/online'));
        self::assertCount($opened, $this->im->of('/presences/offline'), 'no session is left open');
        $this->failing->failing = '';
        self::assertSame(['waits'], self::bodies($this->ask('alice', 'online')['new_messages']), 'it still waits');
    }

    /** @return iterable<string, array{string, int, string, 3?: array<string, string>}> */
    public static function functions(): iterable
    {
        $message = ['to' => 'bob', 'body' => 'x', 'cid' => '1'];
        $room = ['id' => 'walkers'];
        yield 'me' => ['me', 0, 'message', $message];
        yield 'me, at the end of online' => ['me', 1, 'online'];
        yield 'people' => ['people', 0, 'message', $message];
        yield 'people, of a history' => ['people', 0, 'histories', ['ids' => 'bob,carol']];
        yield 'contacts' => ['contacts', 0, 'buddies', ['ids' => 'bob']];
        yield 'contacts, in online' => ['contacts', 0, 'online'];
        yield 'rooms' => ['rooms', 0, 'message', ['type' => 'multicast', 'to' => 'walkers', 'body' => 'x']];
        yield 'rooms, before joining' => ['rooms', 0, 'join', $room];
        yield 'rooms, at the end of online' => ['rooms', 1, 'online'];
        yield 'apart' => ['apart', 0, 'message', $message];
        yield 'apart, at the end of online' => ['apart', 1, 'online'];
        yield 'block' => ['block', 0, 'block', ['id' => 'bob']];
        yield 'block, of unblock' => ['block', 0, 'unblock', ['id' => 'bob']];
        yield 'may' => ['may', 0, 'history', ['id' => 'bob']];
        yield 'may, write' => ['may', 1, 'message', $message];
        yield 'may, at the end of online' => ['may', 1, 'online'];
        yield 'edit' => ['edit', 0, 'message', $message];
        yield 'logIn' => ['logIn', 0, 'online', ['username' => 'bob', 'password' => 'right']];
        yield 'notices' => ['notices', 0, 'notifications'];
        yield 'extras' => ['extras', 0, 'online'];
    }

    public function testALogThatFails(): void
    {
        $this->failing->failing = 'log';
        $this->db->isDown = true;
        $this->ask('alice', 'history', ['id' => 'bob'], 503);
        $this->handler->tell()->loggedOut('s');
        $this->db->isDown = false;
        $this->im->status = 503;
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x']);
        self::assertCount(3, $this->host->log);
    }

    public function testAnotherKeyIsSaidToUsersAndToTheLog(): void
    {
        $ticket = $this->ticket('alice');
        $this->im->status = 401;
        self::assertSame('IM Server Not Authorized', $this->ask('alice', 'online')['error_msg']);
        self::assertFalse($this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'cid' => '1'])['arrived']);
        $this->ask('alice', 'presence', ['ticket' => $ticket, 'show' => 'away'], 503);
        self::assertSame(
            ['/presences/online', '/messages', '/presences/show'],
            array_map(fn(string $line): string => explode(' ', $line)[3], $this->host->log)
        );
        self::assertStringContainsString('was answered 401', $this->host->log[0]);
        $this->im->status = 200;
        self::assertSame(['x'], self::bodies($this->ask('bob', 'online')['new_messages']), 'what was accepted waits');
    }

    /** @dataProvider troubles */
    public function testADatabaseThatCannotBeWritten(string $trouble): void
    {
        [$db, $mend] = $this->damaged($trouble);
        $this->db = new CountingDb($db);
        $this->use([]);
        $body = str_repeat('a body ', 3000);
        $sent = ['to' => 'bob', 'body' => $body, 'cid' => '2'];
        $calls = ['message' => $sent, 'setting' => ['theme' => 'dark'], 'online' => []];
        // What is short finds room in a full database, too.
        foreach ($trouble === 'full' ? ['message' => $sent] : $calls as $endpoint => $params) {
            $response = $this->call('alice', $endpoint, $params);
            self::assertSame(
                [503, '{"error":"The chat cannot be reached at the moment.","status":503}', '5'],
                [$response->status, $response->body, $response->header('Retry-After')],
                $endpoint
            );
        }
        self::assertStringNotContainsString('a body', implode($this->host->log));
        $mend();
        self::assertSame('ok', $this->ask('alice', 'message', $sent)['status']);
        self::assertSame(['first', $body], self::bodies($this->ask('alice', 'history', ['id' => 'bob'])));
    }

    /** @return iterable<string, array{string}> */
    public static function troubles(): iterable
    {
        yield 'read-only' => ['read-only'];
        yield 'locked' => ['locked'];
        if (str_starts_with(Database::dsn('sqlite:'), 'sqlite:')) {
            yield 'full' => ['full'];
        }
    }

    public function testTheLogHasNoValueOfAStatement(): void
    {
        $store = new Store($this->db);
        foreach (['alice', "it's alice's", "alice\n'1' \"2\""] as $value) {
            $sql = 'INSERT INTO {meta} (name, "value") VALUES (?, ?)';
            $store->run($sql, [$value, 'x']);
            try {
                $store->run($sql, [$value, 'x']);
                self::fail('there are two');
            } catch (DbError $error) {
                self::assertStringStartsWith('SQLSTATE[23', $error->getMessage());
                self::assertStringNotContainsString('alice', $error->getMessage());
            }
        }
    }

    public function testMigratesFromEveryNumber(): void
    {
        $migrations = new Migrations($this->db);
        for ($number = 0; $number <= Migrations::LAST; $number++) {
            $migrations->uninstall(true);
            $migrations->migrate();
            // A migration that was cut off in its middle: some tables are there, and the last number is not.
            if ($number < Migrations::LAST) {
                $this->db->run('DROP TABLE x_nextim_settings');
                $this->db->run("UPDATE x_nextim_meta SET value = '$number' WHERE name = 'schema'");
            }
            $migrations->migrate();
            self::assertSame(Migrations::LAST, $migrations->number());
            $this->ask('alice', 'setting', ['theme' => 'dark']);
        }
    }

    /**
     * A database with a message, of which the kit can write no more; and what mends it.
     *
     * @return array{Db, \Closure(): mixed}
     */
    private function damaged(string $trouble): array
    {
        $this->file = (string) tempnam(sys_get_temp_dir(), 'nextim');
        $dsn = Database::dsn("sqlite:$this->file");
        $pdo = Database::pdo($dsn);
        $db = new PdoDb($pdo, 'x_');
        (new Migrations($db))->migrate();
        $this->db = new CountingDb($db);
        $this->use([]);
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'first', 'cid' => '1']);
        $mend = match ("$trouble {$db->dialect()}") {
            'read-only sqlite' => self::set($pdo, 'PRAGMA query_only = 1', 'PRAGMA query_only = 0'),
            'read-only mysql' => self::set($pdo, 'SET SESSION TRANSACTION READ ONLY', 'SET SESSION TRANSACTION READ WRITE'),
            'read-only pgsql' => self::set(
                $pdo,
                'SET default_transaction_read_only = on',
                'SET default_transaction_read_only = off'
            ),
            'full sqlite' => self::set($pdo, 'PRAGMA max_page_count = 1', 'PRAGMA max_page_count = 1000000'),
            default => self::locked($dsn, $pdo),
        };
        return [$db, $mend];
    }

    /** @return \Closure(): mixed */
    private static function set(PDO $pdo, string $damage, string $mend): \Closure
    {
        $pdo->exec($damage);
        return fn(): int|false => $pdo->exec($mend);
    }

    /**
     * Another connection holds what every change needs.
     *
     * @return \Closure(): mixed
     */
    private static function locked(string $dsn, PDO $pdo): \Closure
    {
        $other = Database::pdo($dsn);
        $dialect = $pdo->getAttribute(PDO::ATTR_DRIVER_NAME);
        $pdo->exec(match ($dialect) {
            'sqlite' => 'PRAGMA busy_timeout = 0',
            'mysql' => 'SET SESSION innodb_lock_wait_timeout = 1',
            default => 'SET lock_timeout = 10',
        });
        $other->exec($dialect === 'sqlite' ? 'BEGIN IMMEDIATE' : 'START TRANSACTION');
        if ($dialect !== 'sqlite') {
            $other->exec($dialect === 'mysql' ? 'UPDATE x_nextim_rates SET tat = tat' : 'LOCK TABLE x_nextim_rates');
        }
        return fn(): int|false => $other->exec('ROLLBACK');
    }

    /** @return array<string, mixed> all rows of what is kept */
    private function kept(): array
    {
        $store = new Store($this->db);
        return array_combine(self::KEPT, array_map(fn(string $table): array => $store->rows("SELECT * FROM {{$table}}"), self::KEPT));
    }
}
