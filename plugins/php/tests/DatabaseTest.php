<?php

/*
 * The database through PDO.
 *
 * Owns: what a conflict of two transactions does. Must not: need another connection; `RaceTest` has several.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\DbError;
use NextIM\Site\PdoDb;
use PHPUnit\Framework\TestCase;

final class DatabaseTest extends TestCase
{
    private ConflictingPdo $pdo;
    private PdoDb $db;

    protected function setUp(): void
    {
        $this->pdo = new ConflictingPdo('sqlite::memory:');
        $this->db = new PdoDb($this->pdo);
        $this->db->run('CREATE TABLE t (n INT)');
    }

    public function testAStatementIsTriedAgainAfterAConflict(): void
    {
        $this->pdo->conflicts = 4;
        self::assertSame(1, $this->db->run('INSERT INTO t (n) VALUES (1)'));
        self::assertCount(1, $this->db->rows('SELECT n FROM t'));
    }

    public function testATransactionIsTriedAgainAsAWhole(): void
    {
        $runs = 0;
        $this->db->atomic(function () use (&$runs): void {
            $runs++;
            $this->db->run('INSERT INTO t (n) VALUES (1)');
            $this->pdo->conflicts = $runs < 3 ? 1 : 0;
            $this->db->atomic(fn() => $this->db->run('INSERT INTO t (n) VALUES (2)'));
        });
        self::assertSame(3, $runs);
        self::assertEquals([1, 2], array_column($this->db->rows('SELECT n FROM t ORDER BY n'), 'n'));
    }

    public function testTriesEndAndOtherErrorsAreNotTriedAgain(): void
    {
        foreach ([['40001', 5], ['HY000', 1]] as [$state, $tries]) {
            [$this->pdo->conflicts, $this->pdo->state] = [100, $state];
            try {
                $this->db->run('INSERT INTO t (n) VALUES (1)');
                self::fail('it must fail');
            } catch (DbError $error) {
                self::assertSame([100 - $tries, $state === '40001'], [$this->pdo->conflicts, $error->isConflict]);
            }
        }
        $this->pdo->conflicts = 0;
        self::assertSame([], $this->db->rows('SELECT n FROM t'));
    }
}
