<?php

/*
 * Several requests at the same moment.
 *
 * Owns: the processes that make them. Must not: depend on who is first.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Migrations;
use NextIM\Site\PdoDb;
use NextIM\Site\Store;
use PHPUnit\Framework\TestCase;

final class RaceTest extends TestCase
{
    private const RACERS = 6;

    private string $dsn;
    private string $directory;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/nextim-race-' . bin2hex(random_bytes(6));
        mkdir($this->directory);
        $this->dsn = Database::dsn("sqlite:$this->directory/kit.sqlite");
        (new Migrations($this->db()))->uninstall(true);
    }

    protected function tearDown(): void
    {
        (new Migrations($this->db()))->uninstall(true);
        array_map(unlink(...), glob("$this->directory/*") ?: []);
        rmdir($this->directory);
    }

    public function testAllMigrateAtOnce(): void
    {
        self::assertSame(array_fill(0, self::RACERS, '1'), $this->race('migrate'));
    }

    public function testOneRateForAll(): void
    {
        (new Migrations($this->db()))->migrate();
        $counts = array_count_values($this->race('rate'));
        self::assertSame(['left' => 40, 'taken' => 20], [...['left' => 0], ...$counts]);
    }

    public function testOneCidIsOneRow(): void
    {
        (new Migrations($this->db()))->migrate();
        $stored = $this->race('cid');
        self::assertCount(60, $stored);
        self::assertCount(10, array_unique($stored));
        self::assertEquals([['n' => 10]], $this->db()->rows('SELECT COUNT(*) AS n FROM x_nextim_messages'));
    }

    public function testIdsAndTimesAreInOneOrder(): void
    {
        (new Migrations($this->db()))->migrate();
        $reader = new Store($this->db());
        // Whoever sees a message sees all that came before it.
        $look = function () use ($reader): int {
            $times = array_column($reader->rows('SELECT "time" FROM {messages} ORDER BY id'), 'time');
            self::assertEquals(array_slice(range(1_700_000_000_000, 1_700_000_000_059), 0, count($times)), $times);
            return count($times);
        };
        self::assertCount(60, array_unique($this->race('order', $look)));
        self::assertSame(60, $look());
    }

    public function testAHistoryMayBeClearedWhileItGrows(): void
    {
        (new Migrations($this->db()))->migrate();
        self::assertCount(60, $this->race('clear'));
    }

    /**
     * @param ?callable(): mixed $meanwhile
     * @return list<string> the lines that the racers print
     */
    private function race(string $what, ?callable $meanwhile = null): array
    {
        [$processes, $outputs] = [[], []];
        for ($number = 0; $number < self::RACERS; $number++) {
            $command = [PHP_BINARY, __DIR__ . '/racer.php', $this->dsn, "$this->directory/go", $what];
            $processes[] = proc_open($command, [1 => ['pipe', 'w'], 2 => STDERR], $pipes);
            $outputs[] = $pipes[1];
        }
        foreach ($outputs as $output) {
            self::assertSame("ready\n", fgets($output));
        }
        touch("$this->directory/go");
        $lines = array_fill(0, self::RACERS, '');
        for ($open = $outputs; $open !== []; $open = array_filter($open, fn($output): bool => !feof($output))) {
            [$ready, $write, $except] = [$open, [], []];
            stream_select($ready, $write, $except, $meanwhile === null ? null : 0, $meanwhile === null ? null : 20_000);
            foreach ($ready as $index => $output) {
                $lines[$index] .= fread($output, 8192);
            }
            $meanwhile === null || $meanwhile();
        }
        foreach ($processes as $process) {
            self::assertSame(0, proc_close($process));
        }
        return explode("\n", trim(implode('', $lines)));
    }

    private function db(): PdoDb
    {
        return Database::open($this->dsn);
    }
}
