<?php

/*
 * `online` and `missed`.
 *
 * Owns: the order of its steps and the shape of its answer. Must not: need a message server.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Tickets;

final class OnlineTest extends KitCase
{
    public function testAnswersAllThatThePageNeeds(): void
    {
        $this->im->shows = ['bob' => 'away'];
        $answer = $this->ask('alice', 'online', ['show' => 'chat', 'status' => 'hi', 'stranger_ids' => '4,99']);
        self::assertTrue($answer['success']);
        self::assertSame($this->now, $answer['server_time']);
        self::assertSame(['alice', '1', 'Alice', 'chat', 'hi'], [$answer['user']['id'], $answer['user']['uid'],
            $answer['user']['nick'], $answer['user']['show'], $answer['user']['status']]);
        self::assertSame(['ticket' => 'ticket-1', 'domain' => 'site', 'server' => 'http://im.example/packets'], $answer['connection']);
        $buddies = array_column($answer['buddies'], null, 'id');
        self::assertSame(['bob', 'carol', 'dave'], array_keys($buddies));
        self::assertSame(['online', 'away', 'friend'], [$buddies['bob']['presence'], $buddies['bob']['show'], $buddies['bob']['group']]);
        self::assertSame(['offline', 'unavailable'], [$buddies['carol']['presence'], $buddies['carol']['show']]);
        self::assertSame('stranger', $buddies['dave']['group']);
        self::assertSame('https://site.example/u/4', $buddies['dave']['url']);
        self::assertSame('bob', $answer['buddy_online_ids']);
        self::assertSame(2, $answer['rooms']['walkers']['count']);
        self::assertSame(['blocked_rooms' => []], $answer['setting']);
        [$call] = $this->im->of('/presences/online');
        self::assertSame(
            ['alice', 'bob,carol,dave', 'walkers', '6', '3600'],
            [$call['name'], $call['buddies'], $call['rooms'], $call['version'], $call['expires']]
        );
        self::assertLessThanOrEqual(10, $this->statements(fn() => $this->ask('alice', 'online', ['since' => '0', 'buddy_ids' => 'bob'])));
    }

    public function testMessagesOfTheMomentBetweenAreFound(): void
    {
        $this->im->meanwhile['/presences/online'] = function (): void {
            $this->im->delivered = 0;
            $this->ask('bob', 'message', ['to' => 'alice', 'body' => 'now']);
        };
        $answer = $this->ask('alice', 'online', ['since' => '0']);
        self::assertSame(['now'], self::bodies($answer['new_messages']));
        self::assertTrue($answer['new_messages'][0]['new']);
    }

    public function testWhatWaitedComesOnceAndIsMarked(): void
    {
        $this->im->delivered = 0;
        $this->ask('dave', 'message', ['to' => 'alice', 'body' => 'hello']);
        self::assertSame([], $this->ask('alice', 'history', ['id' => 'dave']));
        $answer = $this->ask('alice', 'online');
        self::assertSame('hello', $answer['new_messages'][0]['body']);
        self::assertTrue($answer['new_messages'][0]['new']);
        self::assertSame('dave', $answer['buddies'][2]['id']);
        self::assertSame([], $this->ask('alice', 'online')['new_messages']);
        self::assertSame(['hello'], self::bodies($this->ask('alice', 'history', ['id' => 'dave'])));
        $repeated = $this->ask('alice', 'online', ['since' => '0'])['new_messages'];
        self::assertSame([['hello'], false], [self::bodies($repeated), isset($repeated[0]['new'])]);
    }

    public function testNothingIsHandedOverIfTheServerIsDown(): void
    {
        $this->im->delivered = 0;
        $this->ask('bob', 'message', ['to' => 'alice', 'body' => 'hello']);
        foreach ([[0, 'IM Server Not Found'], [503, 'IM Server Not Found'], [401, 'IM Server Not Authorized']] as [$status, $text]) {
            $this->im->status = $status;
            self::assertSame(['success' => false, 'error_msg' => $text], $this->ask('alice', 'online'));
        }
        $this->im->status = 200;
        self::assertSame(['hello'], self::bodies($this->ask('alice', 'online')['new_messages']));
    }

    public function testWhoLogsOutMeanwhileGetsNoSession(): void
    {
        $this->im->meanwhile['/presences/online'] = fn() => $this->host->ended[] = 's1';
        $this->ask('alice/s1', 'online', [], 401);
        self::assertSame([['domain' => 'site', 'apikey' => 'key', 'ticket' => 'ticket-1']], $this->im->of('/presences/offline'));
    }

    public function testRightsLostMeanwhileAreTaken(): void
    {
        $this->im->meanwhile['/presences/online'] = function (): void {
            $this->host->members['walkers'] = ['bob'];
            $this->host->apart['alice'] = ['bob'];
        };
        $this->ask('alice', 'online');
        self::assertSame('walkers', $this->im->of('/room/leave')[0]['room']);
        self::assertSame(['alice', 'bob'], [$this->im->of('/buddies/remove')[0]['name'], $this->im->of('/buddies/remove')[0]['buddies']]);
    }

    public function testWhoMayNotChat(): void
    {
        self::assertSame(['success' => false, 'error_msg' => 'Not Authorized'], $this->ask('nobody', 'online', [], 401));
        self::assertSame('Not Authorized', $this->ask('nobody', 'online', ['username' => 'bob', 'password' => 'wrong'])['error_msg']);
        self::assertSame('bob', $this->ask('nobody', 'online', ['username' => 'bob', 'password' => 'right'])['user']['id']);
        $this->host->refused = 'chat';
        $words = ['success' => false, 'error_msg' => 'Forbidden', 'error' => 'You may not chat.', 'status' => 403];
        self::assertSame($words, $this->ask('alice', 'online'));
        self::assertSame('You may not chat.', $this->ask('alice', 'buddies', [], 403)['error']);
        $this->use([]);
        $this->host->refused = '';
        $this->ask('nobody', 'online', ['username' => 'bob', 'password' => 'right'], 401);
    }

    public function testASessionEndsWithTheLogIn(): void
    {
        foreach ([[null, '3600'], [1_000, '60'], [600_000, '600'], [9_000_000, '3600']] as [$rest, $expected]) {
            $this->host->expires = $rest === null ? null : $this->now + $rest;
            $this->ask('alice', 'online');
            self::assertSame($expected, array_slice($this->im->of('/presences/online'), -1)[0]['expires']);
        }
    }

    public function testALongGapComesInParts(): void
    {
        $this->ask('bob', 'message', ['to' => 'alice', 'body' => '0']);
        for ($number = 1; $number <= 510; $number++) {
            $this->now += 500;
            $this->ask('bob', 'message', ['to' => 'alice', 'body' => (string) $number]);
        }
        $first = $this->ask('alice', 'online', ['since' => '1']);
        self::assertSame(['501', '501'], [$first['more'], (string) count($first['new_messages'])]);
        $rest = $this->ask('alice', 'missed', ['since' => $first['more']]);
        self::assertArrayNotHasKey('more', $rest);
        self::assertSame(range(481, 510), array_map(intval(...), self::bodies($rest['new_messages'])));
        $this->ask('alice', 'missed', [], 400);
        $this->ask('alice', 'missed', ['since' => 'x'], 400);
    }

    public function testRoomsAndBroadcastsAreNewAfterSince(): void
    {
        $this->ask('bob', 'message', ['type' => 'multicast', 'to' => 'walkers', 'body' => 'room', 'cid' => 'c1']);
        $this->ask('carol', 'message', ['type' => 'broadcast', 'body' => 'all']);
        $this->ask('bob', 'message', ['type' => 'multicast', 'to' => 'secret', 'body' => 'hidden']);
        $lines = $this->ask('alice', 'online', ['since' => '1', 'room_ids' => 'walkers,secret'])['new_messages'];
        self::assertSame(['room', 'all'], self::bodies($lines));
        self::assertSame([false, true], [isset($lines[0]['new']), isset($lines[1]['new'])]);
        self::assertArrayNotHasKey('cid', $lines[0]);
        self::assertSame('c1', $this->ask('bob', 'online', ['since' => '0'])['new_messages'][0]['cid']);
    }

    public function testOldFrontEndsGetNoChannels(): void
    {
        $this->host->channels = [['id' => 'channel:news', 'nick' => 'News', 'url' => '/news']];
        self::assertSame('channel:news', $this->ask('alice', 'online')['channels'][0]['id']);
        self::assertSame([], $this->ask('alice', 'online', ['version' => '3'])['channels']);
        self::assertSame(['walkers,channel:news', 'walkers'], array_column($this->im->of('/presences/online'), 'rooms'));
        self::assertSame(['6', '3'], array_column($this->im->of('/presences/online'), 'version'));
    }

    public function testALogInKeepsItsNewestTickets(): void
    {
        for ($number = 1; $number <= 33; $number++) {
            $this->now += 1000;
            $this->ask('alice', 'online');
        }
        self::assertSame(['ticket-1'], array_column($this->im->of('/presences/offline'), 'ticket'));
        self::assertSame([], $this->db->rows('SELECT 1 FROM x_nextim_tickets WHERE hash = ?', [Tickets::hash('ticket-1')]));
    }

    private function statements(callable $what): int
    {
        $before = count($this->db->statements);
        $what();
        return count($this->db->statements) - $before;
    }
}
