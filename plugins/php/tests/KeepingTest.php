<?php

/*
 * Events, migrations, pruning, export and erasure.
 *
 * Owns: what is kept, how long, and what the message server is told. Must not: need a message server.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Migrations;
use NextIM\Site\Person;
use NextIM\Site\Privacy;
use NextIM\Site\Store;
use NextIM\Site\Tickets;

final class KeepingTest extends KitCase
{
    public function testALogOutEndsTheTicketsOfThatLogInOnly(): void
    {
        [$first, $second, $other] = [$this->ticket('alice/s1'), $this->ticket('alice/s1'), $this->ticket('alice/s2')];
        $this->handler->tell()->loggedOut('s1');
        self::assertEqualsCanonicalizing([$first, $second], array_column($this->im->of('/presences/offline'), 'ticket'));
        $this->ask('alice/s2', 'presence', ['ticket' => $other, 'show' => 'away']);
        $this->ask('alice/s2', 'presence', ['ticket' => $first, 'show' => 'away'], 403);
        $this->handler->tell()->loggedOutEverywhere('alice');
        self::assertSame('alice', array_slice($this->im->of('/presences/offline'), -1)[0]['name']);
        $this->ask('alice/s2', 'presence', ['ticket' => $other, 'show' => 'away'], 403);
    }

    public function testALogOutIsPassedOnWhenTheServerIsBack(): void
    {
        $ticket = $this->ticket('alice/s1');
        $this->im->status = 0;
        $this->handler->tell()->loggedOut('s1');
        $this->handler->tell()->loggedOutEverywhere('bob');
        self::assertSame(1, count($this->im->of('/presences/offline')), 'after the first failure none is called');
        foreach (Store::TABLES as $table) {
            self::assertStringNotContainsString($ticket, (string) json_encode($this->db->rows("SELECT * FROM x_nextim_$table")));
        }
        $this->im->status = 200;
        $this->im->calls = [];
        $this->ask('carol', 'online');
        self::assertEqualsCanonicalizing(['/presences/offline', '/presences/offline', '/presences/online'], array_column($this->im->calls, 0));
        self::assertSame('/presences/online', $this->im->calls[2][0]);
        self::assertEqualsCanonicalizing([$ticket, 'bob'], array_map(
            fn(array $call): string => $call['ticket'] ?? $call['name'],
            $this->im->of('/presences/offline')
        ));
        $this->im->calls = [];
        $this->ask('carol', 'online');
        self::assertSame([], $this->im->of('/presences/offline'));
    }

    public function testAllCallsOfALogOutHaveOneSecond(): void
    {
        $this->ticket('alice/s1');
        $this->ticket('alice/s1');
        $this->im->times = [];
        $this->im->meanwhile['/presences/offline'] = function (): void {
            // Until the clock has moved on by two of its milliseconds.
            for ($end = microtime(true) + 0.002; microtime(true) < $end;) {
                continue;
            }
        };
        $this->handler->tell()->loggedOut('s1');
        self::assertCount(2, $this->im->times);
        self::assertLessThan($this->im->times[0], $this->im->times[1], 'the second has what the first has left');
    }

    public function testADeadServerSlowsOneEvent(): void
    {
        $this->im->status = 503;
        $this->handler->tell()->apart('alice', 'bob');
        $this->handler->tell()->left('alice', 'walkers');
        $this->handler->tell()->posted('channel:news', 'News', 'A post', '/post/1');
        self::assertCount(1, $this->im->calls);
        $this->ask('alice', 'buddies', ['ids' => 'bob']);
        $this->ask('alice', 'rooms');
        self::assertCount(1, $this->im->calls, 'what is only shown waits, too');
        $this->im->status = 200;
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x']);
        self::assertCount(2, $this->im->calls, 'what users send does not');
        $this->im->status = 0;
        foreach ([4_999 => 2, 1 => 3, 4_998 => 3, 2 => 4] as $later => $calls) {
            $this->now += $later;
            foreach ($this->events() as $name => $event) {
                $event();
                self::assertCount($calls, $this->im->calls, "$name, $later ms later");
            }
        }
        self::assertLessThanOrEqual(1_000, max(array_slice($this->im->times, 2)), 'each within a second');
    }

    /** @return array<string, \Closure(): void> the events of a host's pages, of which each makes a call or more */
    private function events(): array
    {
        $tell = $this->handler->tell();
        return [
            'apart' => fn() => $tell->apart('alice', 'bob'),
            'entered' => fn() => $tell->entered('alice', 'walkers'),
            'left' => fn() => $tell->left('alice', 'walkers'),
            'roomGone' => fn() => $tell->roomGone('walkers'),
            'posted' => fn() => $tell->posted('channel:news', 'News', 'A post', '/post/1'),
            'broadcast' => fn() => $tell->broadcast(new Person('carol', '3', 'Carol'), 'Hello all'),
            'loggedOutEverywhere' => fn() => $tell->loggedOutEverywhere('bob'),
            'banned' => fn() => $tell->banned('dave'),
            'erased' => fn() => $tell->erased('erin'),
        ];
    }

    public function testEventsOfPages(): void
    {
        $tell = $this->handler->tell();
        $tell->entered('alice', 'walkers', 'Alice');
        $tell->left('alice', 'walkers', 'Alice');
        $tell->apart('alice', 'bob');
        $tell->roomGone('walkers');
        $tell->posted('channel:news', 'News', 'A post', '/post/1');
        $tell->broadcast(new Person('carol', '3', 'Carol'), 'Hello all');
        self::assertSame(
            ['/room/join', '/room/leave', '/buddies/remove', '/room/members', '/room/leave', '/messages', '/messages'],
            array_column($this->im->calls, 0)
        );
        self::assertSame(
            ['channel:news', 'multicast', "A post\nhttps://site.example/post/1"],
            [$this->im->calls[5][1]['to'], $this->im->calls[5][1]['type'], $this->im->calls[5][1]['body']]
        );
        self::assertSame(
            ['carol', 'broadcast', 'Hello all'],
            [$this->im->calls[6][1]['from'], $this->im->calls[6][1]['type'], $this->im->calls[6][1]['body']]
        );
        $this->ask('alice', 'leave', ['id' => 'walkers']);
        $this->im->calls = [];
        $tell->entered('alice', 'walkers', 'Alice');
        self::assertSame([], $this->im->calls, 'who has left the chat of a room stays out');
    }

    public function testAnEventNeverThrows(): void
    {
        $this->db->isDown = true;
        $this->handler->tell()->loggedOut('s');
        $this->handler->tell()->apart('a', 'b');
        self::assertCount(2, $this->host->log);
    }

    public function testMigratesOnceAndNeverDrops(): void
    {
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x']);
        $migrations = new Migrations($this->db);
        $migrations->migrate();
        $this->db->run("DELETE FROM x_nextim_meta WHERE name = 'schema'");
        $migrations->migrate();
        self::assertSame(1, $migrations->number());
        $migrations->uninstall(false);
        self::assertCount(1, $this->ask('alice', 'history', ['id' => 'bob']));
        $migrations->uninstall(true);
        self::assertSame(0, $migrations->number());
    }

    public function testPruneIsBoundedAndSaysThatThereIsAGap(): void
    {
        foreach (['old', 'older', 'new'] as $index => $body) {
            $this->now += $index === 2 ? 40 * 86_400_000 : 1;
            $this->ask('alice', 'message', ['to' => 'bob', 'body' => $body]);
        }
        $privacy = new Privacy(new Store($this->db), $this->config);
        self::assertSame(0, $privacy->prune(0));
        self::assertSame(2, $privacy->prune(30));
        self::assertSame(0, $privacy->prune(30));
        self::assertSame(['new'], self::bodies($this->ask('alice', 'history', ['id' => 'bob'])));
        self::assertTrue($this->ask('alice', 'online', ['since' => '1'])['gap']);
        self::assertArrayNotHasKey('gap', $this->ask('alice', 'online', ['since' => '2']));
        $this->now += 400 * 86_400_000;
        self::assertSame(0, $privacy->prune(30), 'the newest row stays');
    }

    public function testExportAndErasure(): void
    {
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'mine', 'cid' => '1', 'meta' => '{"a":"mine"}']);
        $this->ask('bob', 'message', ['to' => 'alice', 'body' => 'yours']);
        $this->ask('alice', 'message', ['to' => 'walkers', 'type' => 'multicast', 'body' => 'mine too']);
        $this->ask('alice', 'setting', ['theme' => 'dark']);
        $this->ask('alice', 'block', ['id' => 'dave']);
        $privacy = new Privacy(new Store($this->db), $this->config);
        $export = $privacy->export('alice');
        self::assertSame([['mine', 'yours', 'mine too'], null], [self::bodies($export['lines']), $export['next']]);
        self::assertSame([['theme' => '"dark"'], ['dave']], array_values($privacy->kept('alice')));
        self::assertTrue($privacy->erase('alice'));
        self::assertSame(['settings' => [], 'blocked' => []], $privacy->kept('alice'));
        $lines = $this->ask('bob', 'history', ['id' => 'alice']);
        self::assertSame([['', 'yours'], ['', 'Bob'], [true, false], [1, 0]], [self::bodies($lines), array_column($lines, 'nick'),
            array_map(fn(array $line): bool => $line['deleted'] ?? false, $lines), array_map(fn(array $line): int => $line['rev'] ?? 0, $lines)]);
        self::assertStringNotContainsString('mine', (string) json_encode($this->db->rows('SELECT * FROM x_nextim_messages')));
    }

    public function testOnlyTheSessionOpensItsTicket(): void
    {
        foreach (['t', '0123456789abcdef0123456789abcdef', str_repeat('long', 40)] as $ticket) {
            $sealed = Tickets::seal('secret', $ticket);
            self::assertSame($ticket, Tickets::open('secret', Tickets::hash($ticket), $sealed));
            self::assertNull(Tickets::open('another', Tickets::hash($ticket), $sealed));
            self::assertNull(Tickets::open('secret', Tickets::hash($ticket), ''));
        }
    }
}
