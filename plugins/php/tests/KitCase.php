<?php

/*
 * What the tests of the kit share.
 *
 * Owns: a host, a database and a message server for each test. Must not: test anything.
 *
 * NEXTIM_TEST_DSN, NEXTIM_TEST_USER and NEXTIM_TEST_PASSWORD name another database than SQLite in memory; its tables
 * are removed.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Config;
use NextIM\Site\Handler;
use NextIM\Site\Im;
use NextIM\Site\Migrations;
use NextIM\Site\PdoDb;
use NextIM\Site\Request;
use NextIM\Site\Response;
use NextIM\Site\Store;
use PHPUnit\Framework\TestCase;

abstract class KitCase extends TestCase
{
    protected const ORIGIN = 'https://site.example';

    protected FakeHost $host;
    protected CountingDb $db;
    protected PuppetIm $im;
    protected Config $config;
    protected Handler $handler;
    protected int $now = 1_700_000_000_000;

    protected function setUp(): void
    {
        $this->host = new FakeHost();
        $this->im = new PuppetIm();
        $this->db = new CountingDb(self::connect());
        (new Migrations($this->db))->migrate();
        $this->empty();
        $this->use(['logIn' => true]);
    }

    /** Empties the tables, which is faster than making them anew. */
    private function empty(): void
    {
        foreach ($this->db->dialect() === 'sqlite' ? [] : array_diff(Store::TABLES, ['meta']) as $table) {
            $this->db->run("DELETE FROM x_nextim_$table");
        }
        match ($this->db->dialect()) {
            'mysql' => $this->db->run('ALTER TABLE x_nextim_messages AUTO_INCREMENT = 1'),
            'pgsql' => $this->db->run('ALTER TABLE x_nextim_messages ALTER COLUMN id RESTART WITH 1'),
            default => 0,
        };
        $this->db->run("DELETE FROM x_nextim_meta WHERE name <> 'schema'");
    }

    /** @param array<string, mixed> $options */
    protected function use(array $options): void
    {
        $this->config = new Config(...$options + ['server' => 'http://127.0.0.1:1', 'domain' => 'site', 'apikey' => 'key',
            'siteUrl' => self::ORIGIN, 'origins' => [self::ORIGIN], 'clock' => fn(): int => $this->now]);
        $this->handler = new Handler($this->host, $this->db, new Im($this->config, $this->im), $this->config);
    }

    /** One connection for all tests, but for a database in memory, which ends with its connection. */
    private static function connect(): PdoDb
    {
        static $kept = null;
        $dsn = Database::dsn('sqlite::memory:');
        return $dsn === 'sqlite::memory:' ? Database::open($dsn) : $kept ??= Database::open($dsn);
    }

    /**
     * Calls an endpoint as a user's page.
     *
     * @param array<string, string|int> $params
     * @param array<string, string> $headers
     */
    protected function call(string $who, string $endpoint, array $params = [], array $headers = []): Response
    {
        $headers += ['Cookie' => "session=$who", 'Origin' => self::ORIGIN, 'Content-Type' => 'application/x-www-form-urlencoded'];
        return $this->handler->handle(new Request($endpoint, 'POST', '', array_filter($headers), http_build_query($params)));
    }

    /**
     * The JSON of an answer that must have this status.
     *
     * @param array<string, string|int> $params
     */
    protected function ask(string $who, string $endpoint, array $params = [], int $status = 200): mixed
    {
        $response = $this->call($who, $endpoint, $params);
        self::assertSame($status, $response->status, "$endpoint: $response->body " . implode("\n", $this->host->log));
        return json_decode($response->body, true);
    }

    /** @param array<string, string|int> $params */
    protected function ticket(string $who, array $params = []): string
    {
        return $this->ask($who, 'online', $params)['connection']['ticket'];
    }

    /**
     * @param array<array-key, mixed> $lines
     * @return list<string>
     */
    protected static function bodies(array $lines): array
    {
        return array_column($lines, 'body');
    }
}
