<?php

declare(strict_types=1);

namespace NextIM\Discuz\Tests;

use DB;
use NextIM\Discuz\DzDb;
use NextIM\Discuz\Kit\DbError;

/** The kit's statements through the connection of Discuz. */
final class DzDbTest extends ForumCase
{
    public function testValuesAreQuoted(): void
    {
        $db = new DzDb(true);
        foreach (["O'Neil", '"', '\\', "\\'", '?', '%s', "a\0b", '', '😀', "' OR '1'='1", "\xff"] as $value) {
            $hex = $db->rows('SELECT HEX(?) AS value', [$value])[0]['value'];
            self::assertSame(strtoupper(bin2hex($value)), $hex);
        }
        self::assertSame(['a' => '7', 'b' => null], $db->rows('SELECT ? AS a, ? AS b', [7, null])[0]);
        self::assertSame('a?b', $db->rows('SELECT CONCAT(?, ?) AS whole', ['a?', 'b'])[0]['whole']);
    }

    public function testItIsTheConnectionOfDiscuz(): void
    {
        $mine = (new DzDb())->rows('SELECT CONNECTION_ID() AS id')[0]['id'];
        self::assertSame($mine, DB::result_first('SELECT CONNECTION_ID()'));
        self::assertSame(['mysql', 'pre_'], [(new DzDb())->dialect(), (new DzDb())->prefix()]);
    }

    public function testTheMainServerAnswersThoughDiscuzHasReplicas(): void
    {
        $replica = new \mysqli();
        DB::object()->link['1_1'] = $replica;
        self::assertSame('1', (string) (new DzDb())->rows('SELECT 1 AS one')[0]['one']);
        unset(DB::object()->link['1_1']);
    }

    public function testOnlyTheChatsOwnRequestsAreStrict(): void
    {
        $mode = fn(): mixed => DB::result_first('SELECT @@sql_mode');
        self::link()->query("SET sql_mode = ''");
        (new DzDb())->rows('SELECT 1');
        self::assertSame('', $mode());
        $own = new DzDb(true);
        $own->rows('SELECT 1');
        self::assertStringContainsString('STRICT_TRANS_TABLES', (string) $mode());
        try {
            $own->run('INSERT INTO pre_nextim_meta (name, `value`) VALUES (?, ?)', [str_repeat('n', 5000), '']);
            self::fail('it was cut');
        } catch (DbError $error) {
            self::assertStringContainsString('too long', $error->getMessage());
        } finally {
            self::link()->query("SET sql_mode = ''");
        }
    }

    public function testAnOldForumsConnectionTakesEmoji(): void
    {
        self::assertTrue(self::link()->set_charset('utf8'));
        $own = new DzDb(true);
        $own->run('INSERT INTO pre_nextim_settings (`user`, name, `value`) VALUES (?, ?, ?)', ['2', 'x', '😀']);
        self::assertSame('😀', $own->rows('SELECT `value` FROM pre_nextim_settings')[0]['value']);
        self::assertSame('utf8mb4', self::link()->character_set_name());
    }

    public function testATransactionIsWholeOrNothing(): void
    {
        $db = new DzDb();
        $add = fn(string $name): int => $db->run('INSERT INTO pre_nextim_meta (name, `value`) VALUES (?, ?)', [$name, '']);
        $count = fn(): int => (int) $db->rows("SELECT COUNT(*) AS n FROM pre_nextim_meta WHERE name LIKE 'x%'")[0]['n'];
        try {
            $db->atomic(function () use ($db, $add): void {
                $add('x1');
                $db->atomic(fn(): int => $add('x2'));
                throw new \LogicException('stop');
            });
        } catch (\LogicException $error) {
            self::assertSame('stop', $error->getMessage());
        }
        self::assertSame(0, $count());
        self::assertSame(1, $db->atomic(fn(): int => $add('x3')));
        self::assertSame(1, $count());
    }

    public function testATransactionIsTriedAgainAfterAConflict(): void
    {
        foreach ([MYSQLI_REPORT_OFF, MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT] as $report) {
            mysqli_report($report);
            $db = new DzDb();
            $tries = 0;
            $done = $db->atomic(function () use ($db, &$tries): string {
                if (++$tries < 3) {
                    $db->run("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213");
                }
                return 'done';
            });
            self::assertSame(['done', 3], [$done, $tries]);
        }
        mysqli_report(MYSQLI_REPORT_OFF);
    }

    public function testAnErrorIsOfOneKind(): void
    {
        foreach ([MYSQLI_REPORT_OFF, MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT] as $report) {
            mysqli_report($report);
            try {
                (new DzDb())->rows('SELECT nonsense FROM nowhere');
                self::fail('no error');
            } catch (DbError $error) {
                self::assertStringStartsWith('Table ', $error->getMessage());
                self::assertFalse($error->isConflict);
            } finally {
                mysqli_report(MYSQLI_REPORT_OFF);
            }
        }
    }

    public function testMessagesAreStoredOnceAndCounted(): void
    {
        $this->begin(true);
        $body = 'it\'s "quoted" (and <b>bold</b>) \\ ? %s 😀';
        $send = ['to' => '3', 'body' => $body, 'type' => 'unicast', 'cid' => 'c1'];
        $first = $this->ask('alice', 'message', $send);
        self::assertSame($first['id'], $this->ask('alice', 'message', $send)['id']);
        self::assertSame([$body], array_column($this->ask('bob', 'history', ['id' => '2', 'type' => 'unicast']), 'body'));
        self::assertSame($body, $this->im->of('/messages')[0]['body']);
    }
}
