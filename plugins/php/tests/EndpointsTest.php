<?php

/*
 * The other endpoints: contacts, presence, rooms, histories, settings, notices.
 *
 * Owns: their answers and refusals. Must not: need a message server.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Settings;

final class EndpointsTest extends KitCase
{
    public function testBuddiesByIdAndUid(): void
    {
        $this->im->shows = ['bob' => 'dnd', 'dave' => 'available'];
        $buddies = $this->ask('alice', 'buddies', ['ids' => 'bob,2,alice,zoe', 'stranger_ids' => '4']);
        self::assertSame(
            [['bob', 'dnd', 'here'], ['dave', 'available', 'here']],
            array_map(fn(array $one): array => [$one['id'], $one['show'], $one['status']], $buddies)
        );
        self::assertSame('bob,dave', $this->im->of('/onlines')[0]['names']);
        self::assertSame([], $this->ask('alice', 'buddy'));
    }

    public function testAUserWhoIsOfflineShowsTheLastStatus(): void
    {
        $this->ask('bob', 'online', ['status' => 'at lunch']);
        $this->ask('bob', 'online', ['status' => 'secret', 'show' => 'invisible']);
        $bob = $this->ask('alice', 'buddies', ['ids' => 'bob'])[0];
        self::assertSame(['offline', 'at lunch', '22:13'], [$bob['presence'], $bob['status'], $bob['status_time']]);
    }

    public function testABlockHoldsBothWays(): void
    {
        $this->im->shows = ['alice' => 'available', 'bob' => 'available'];
        $this->ask('alice', 'block', ['id' => 'bob']);
        self::assertSame(['alice', 'bob'], [$this->im->of('/buddies/remove')[0]['name'], $this->im->of('/buddies/remove')[0]['buddies']]);
        foreach ([['alice', 'bob'], ['bob', 'alice']] as [$me, $other]) {
            $this->ask($me, 'message', ['to' => $other, 'body' => 'x'], 403);
            self::assertSame('offline', $this->ask($me, 'buddies', ['ids' => $other])[0]['presence']);
        }
        self::assertTrue($this->ask('alice', 'buddies', ['ids' => 'bob'])[0]['blocked']);
        self::assertArrayNotHasKey('blocked', $this->ask('bob', 'buddies', ['ids' => 'alice'])[0]);
        self::assertSame([], $this->im->of('/onlines'));
        $this->ask('alice', 'online');
        self::assertSame('carol', $this->im->of('/presences/online')[0]['buddies']);
        $this->ask('alice', 'unblock', ['id' => 'bob']);
        $this->ask('bob', 'message', ['to' => 'alice', 'body' => 'x']);
        $this->ask('alice', 'block', ['id' => 'alice'], 404);
    }

    public function testPresenceAndTyping(): void
    {
        $ticket = $this->ticket('alice');
        $this->ask('alice', 'presence', ['ticket' => $ticket, 'show' => 'away', 'status' => '']);
        self::assertSame(['ticket-1', 'away', ''], array_slice(array_values($this->im->of('/presences/show')[0]), 2) === []
            ? [] : [$this->im->of('/presences/show')[0]['ticket'], $this->im->of('/presences/show')[0]['show'],
                $this->im->of('/presences/show')[0]['status']]);
        $this->ask('alice', 'status', ['ticket' => $ticket, 'to' => 'bob', 'show' => 'typing']);
        self::assertSame(['bob', 'typing'], [$this->im->of('/statuses')[0]['to'], $this->im->of('/statuses')[0]['show']]);
        $this->ask('alice', 'presence', ['show' => 'away'], 400);
        $this->ask('alice', 'presence', ['ticket' => $ticket], 400);
        $this->ask('alice', 'presence', ['ticket' => 'gone', 'show' => 'away'], 403);
        $this->ask('bob', 'presence', ['ticket' => $ticket, 'show' => 'away'], 403);
        $this->ask('alice', 'presence', ['ticket' => $ticket, 'show' => str_repeat('x', 33)], 400);
        $this->host->apart['alice'] = ['bob'];
        $this->ask('alice', 'status', ['ticket' => $ticket, 'to' => 'bob', 'show' => 'typing'], 403);
    }

    public function testOfflineEndsThisPageOnly(): void
    {
        $ticket = $this->ticket('alice');
        $other = $this->ticket('alice');
        $this->ask('bob', 'offline', ['ticket' => $ticket], 403);
        $this->im->status = 0;
        $this->ask('alice', 'offline', ['ticket' => $ticket], 503);
        $this->im->status = 200;
        $this->im->calls = [];
        self::assertSame('ok', $this->ask('alice', 'offline', ['ticket' => $ticket]));
        self::assertSame('ok', $this->ask('alice', 'refresh', ['ticket' => $ticket]));
        self::assertSame(['ticket-1'], array_column($this->im->of('/presences/offline'), 'ticket'));
        $this->ask('alice', 'presence', ['ticket' => $other, 'show' => 'away']);
        $this->ask('alice', 'offline', [], 400);
    }

    public function testRooms(): void
    {
        $rooms = $this->ask('bob', 'rooms');
        self::assertSame([['walkers', 'Walkers', 1, 2, false], ['secret', 'Secret', 1, 1, false]], array_map(fn(array $room): array
            => [$room['id'], $room['nick'], $room['count'], $room['all_count'], $room['blocked']], $rooms));
        self::assertSame([], $this->ask('alice', 'rooms', ['ids' => 'secret,nowhere']));
        self::assertSame([['id' => 'bob', 'nick' => 'Bob']], $this->ask('alice', 'members', ['id' => 'walkers']));
        self::assertSame(['walkers'], array_keys($this->ask('alice', 'members', ['ids' => 'walkers'])));
        foreach (['members', 'join', 'leave'] as $endpoint) {
            $this->ask('alice', $endpoint, ['id' => 'secret'], 404);
            $this->ask('alice', $endpoint, ['id' => 'nowhere'], 404);
        }
    }

    public function testARoomMayBeLeftAndJoined(): void
    {
        $ticket = $this->ticket('alice');
        self::assertSame('ok', $this->ask('alice', 'leave', ['id' => 'walkers', 'ticket' => $ticket]));
        self::assertSame(['ticket-1', 'walkers'], [$this->im->of('/room/leave')[0]['ticket'], $this->im->of('/room/leave')[0]['room']]);
        $this->ask('bob', 'message', ['type' => 'multicast', 'to' => 'walkers', 'body' => 'x']);
        $answer = $this->ask('alice', 'online', ['since' => '0', 'room_ids' => 'walkers']);
        self::assertSame([[], true, ['walkers']], [$answer['new_messages'], $answer['rooms']['walkers']['blocked'],
            $answer['setting']['blocked_rooms']]);
        self::assertArrayNotHasKey('history', $answer['rooms']['walkers']);
        self::assertSame('', $this->im->of('/presences/online')[1]['rooms']);
        self::assertSame(2, $this->ask('alice', 'join', ['id' => 'walkers'])['count']);
        self::assertSame('alice', $this->im->of('/room/join')[0]['name']);
        $this->im->meanwhile['/room/join'] = fn() => $this->host->members = [];
        $this->ask('alice', 'join', ['id' => 'walkers'], 404);
        self::assertSame('alice', $this->im->of('/room/leave')[1]['name']);
    }

    public function testHistoriesArePagedAndCleared(): void
    {
        foreach (range(1, 35) as $number) {
            $this->now += 500;
            $this->ask($number % 2 ? 'alice' : 'bob', 'message', ['to' => $number % 2 ? 'bob' : 'alice', 'body' => (string) $number]);
            $this->ask('bob', 'message', ['type' => 'multicast', 'to' => 'walkers', 'body' => "room $number"]);
            $this->now += 500;
        }
        $last = $this->ask('alice', 'history', ['id' => 'bob']);
        self::assertSame(array_map(strval(...), range(6, 35)), self::bodies($last));
        $first = $this->ask('alice', 'history', ['id' => 'bob', 'before' => $last[0]['timestamp']]);
        self::assertSame(['1', '2', '3', '4', '5'], self::bodies($first));
        $both = $this->ask('alice', 'histories', ['ids' => 'bob,carol']);
        self::assertSame(['bob' => 30, 'carol' => 0], array_map(count(...), $both));
        $twice = $this->ask('alice', 'histories', ['ids' => 'bob,2']);
        self::assertSame([$last, $last], [$twice['bob'], $twice['2']], 'by id and by uid');
        $this->ask('alice', 'clear_history', ['id' => 'bob']);
        $this->ask('alice', 'clear_history', ['type' => 'multicast', 'id' => 'walkers']);
        foreach (['unicast' => 'bob', 'multicast' => 'walkers'] as $type => $id) {
            self::assertSame([], $this->ask('alice', 'history', ['type' => $type, 'id' => $id]));
        }
        self::assertSame([], self::bodies($this->ask('alice', 'missed', ['since' => '0'])['new_messages']));
        self::assertCount(30, $this->ask('bob', 'history', ['id' => 'alice']));
        self::assertCount(30, $this->ask('bob', 'history', ['type' => 'multicast', 'id' => 'walkers']));
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'last']);
        $this->ask('alice', 'clear_history', ['id' => 'bob']);
        $this->ask('bob', 'clear_history', ['id' => 'alice']);
        $rows = $this->db->rows("SELECT body FROM x_nextim_messages WHERE type = 'unicast'");
        self::assertSame([''], self::bodies($rows), 'the last row stays, without its text');
        $this->ask('alice', 'history', ['type' => 'multicast', 'id' => 'secret'], 404);
        $this->ask('alice', 'history', ['type' => 'x', 'id' => 'bob'], 400);
        $this->ask('alice', 'history', [], 400);
    }

    /** @dataProvider lists */
    public function testAListIsOneQuestionToTheHost(string $endpoint, array $params): void
    {
        $before = $this->host->questions;
        self::assertCount(2, $this->ask('bob', $endpoint, $params));
        self::assertSame(1, $this->host->questions - $before);
    }

    /** @return iterable<string, array{string, array<string, string>}> */
    public static function lists(): iterable
    {
        yield 'histories of users' => ['histories', ['ids' => 'alice,3']];
        yield 'histories of rooms' => ['histories', ['type' => 'multicast', 'ids' => 'walkers,secret']];
        yield 'members' => ['members', ['ids' => 'walkers,secret']];
    }

    public function testADownloadIsEscaped(): void
    {
        $this->host->users['alice'] = '<i>A';
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => "<script>1</script>\n&amp;"]);
        $file = $this->call('bob', 'download_history', ['id' => 'alice']);
        self::assertSame(
            ['text/html; charset=utf-8', 'attachment; filename="histories-2023-11-14.html"', 'nosniff'],
            [$file->type, $file->header('Content-Disposition'), $file->header('X-Content-Type-Options')]
        );
        self::assertStringContainsString("&lt;script&gt;1&lt;/script&gt;<br>\n&amp;amp;", $file->body);
        self::assertStringNotContainsString('<i>', $file->body);
    }

    public function testSettings(): void
    {
        $this->ask('alice', 'setting', ['data' => '{"play_sound":"0","zoom":"80","is_admin":true,"theme":"pink","blocked_rooms":["walkers"]}']);
        $this->ask('alice', 'setting', ['theme' => 'dark']);
        self::assertEquals(
            ['play_sound' => false, 'zoom' => 80, 'theme' => 'dark', 'blocked_rooms' => ['walkers']],
            $this->ask('alice', 'online')['setting']
        );
        $this->ask('alice', 'setting', ['data' => '{"blocked_rooms":[]}']);
        self::assertSame([], $this->ask('alice', 'online')['setting']['blocked_rooms']);
        $this->ask('alice', 'setting', ['data' => '[1]'], 400);
        $this->ask('alice', 'setting', ['data' => '{'], 400);
        foreach (
            [['play_sound', 1, true], ['play_sound', 'loud', null], ['lang', 'zh-TW', 'zh-TW'], ['zoom', 150, 150],
            ['zoom', 151, null], ['opacity', 49, null], ['is_admin', true, null]] as [$name, $value, $expected]
        ) {
            self::assertSame($expected, Settings::checked($name, $value), $name);
        }
        foreach ([[[1, '2', null], ['1', '2']], ['1, 2', ['1', '2']], [null, []], [new \stdClass(), null]] as [$value, $expected]) {
            self::assertSame($expected, Settings::rooms($value));
        }
    }

    public function testNotices(): void
    {
        $expected = [['text' => 'A <reply>', 'link' => 'https://site.example/thread/1', 'time' => 5]];
        self::assertSame($expected, $this->ask('alice', 'notifications'));
        self::assertSame($expected, $this->ask('alice', 'notification'));
        self::assertStringNotContainsString('<', $this->call('alice', 'notifications')->body);
    }

    public function testActsHaveARate(): void
    {
        for ($number = 0; $number < 30; $number++) {
            $this->ask('alice', 'unblock', ['id' => 'bob']);
        }
        $this->ask('alice', 'unblock', ['id' => 'bob'], 429);
        $this->ask('alice', 'block', ['id' => 'bob']);
        $this->now += 1000;
        $this->ask('alice', 'unblock', ['id' => 'bob']);
    }

    public function testNamesAreNames(): void
    {
        foreach (['0', 'null', 'undefined', '__proto__', '[GM]Bob', "O'Brien \\ 100%", 'مرحبا', '🙂', 'bob '] as $index => $id) {
            $this->host->users[$id] = "<$id>";
            $this->host->uids[$id] = 100 + $index;
        }
        foreach (['0', '__proto__', '[GM]Bob', "O'Brien \\ 100%", 'مرحبا', '🙂'] as $id) {
            $this->ask('alice', 'message', ['to' => $id, 'body' => 'x']);
            self::assertSame([$id], array_column($this->ask('alice', 'online', ['buddy_ids' => $id, 'since' => '0'])['new_messages'], 'to'));
            self::assertCount(1, $this->ask('alice', 'histories', ['ids' => $id])[$id]);
            $this->ask('alice', 'clear_history', ['id' => $id]);
        }
        // A name that the message server would change is nobody's.
        $this->host->friends['alice'] = ['bob', 'bob ', "a,b"];
        $this->host->users['a,b'] = 'x';
        $this->ask('alice', 'online');
        self::assertSame('bob', array_slice($this->im->of('/presences/online'), -1)[0]['buddies']);
    }

    public function testWhatAQueryCosts(): void
    {
        $ticket = $this->ticket('alice');
        $calls = [[7, 'message', ['to' => 'bob', 'body' => 'the first of a conversation', 'cid' => '0']],
            [6, 'message', ['to' => 'bob', 'body' => 'x', 'cid' => '1']],
            [6, 'message', ['type' => 'multicast', 'to' => 'walkers', 'body' => 'the first of a room', 'cid' => '2']],
            [5, 'message', ['type' => 'multicast', 'to' => 'walkers', 'body' => 'x', 'cid' => '3']],
            [2, 'buddies', ['ids' => 'bob']], [1, 'rooms', []], [1, 'members', ['id' => 'walkers']],
            [3, 'join', ['id' => 'walkers']], [3, 'leave', ['id' => 'walkers']], [1, 'history', ['id' => 'bob']],
            [2, 'block', ['id' => 'dave']], [2, 'unblock', ['id' => 'dave']],
            [3, 'presence', ['show' => 'away', 'status' => 'x']], [1, 'status', ['to' => 'bob', 'show' => 'typing']],
            [3, 'clear_history', ['id' => 'bob']], [2, 'setting', ['theme' => 'dark']], [3, 'missed', ['since' => '0']],
            [2, 'offline', []]];
        foreach ($calls as [$most, $endpoint, $params]) {
            $before = count($this->db->statements);
            $this->ask('alice', $endpoint, $params + ['ticket' => $ticket]);
            self::assertLessThanOrEqual($most, count($this->db->statements) - $before, $endpoint);
        }
    }

    public function testADatabaseThatFailsIsSaidInWords(): void
    {
        $this->db->isDown = true;
        foreach (['online', 'message', 'history', 'setting'] as $endpoint) {
            $response = $this->call('alice', $endpoint, ['to' => 'bob', 'id' => 'bob', 'body' => 'x', 'data' => '{}']);
            self::assertSame([503, '5', 'application/json'], [$response->status, $response->header('Retry-After'), $response->type]);
            self::assertStringNotContainsString('locked', $response->body);
        }
    }
}
