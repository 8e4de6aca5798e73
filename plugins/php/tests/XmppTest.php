<?php

/*
 * `xmpp`: chat passwords, and the actions of the gateway.
 *
 * Owns: what a client of a member may do, and when it must log in again. Must not: need a gateway.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Limits;
use NextIM\Site\Person;
use NextIM\Site\Refusal;
use NextIM\Site\Request;
use NextIM\Site\Response;

final class XmppTest extends KitCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->use(['xmpp' => 'login.example']);
    }

    private function as(string $credentials, string $body, string $method = 'POST'): Response
    {
        $headers = ['Authorization' => 'Basic ' . base64_encode($credentials), 'Content-Type' => 'application/json'];
        return $this->handler->handle(new Request('xmpp', $method, '', $headers, $body));
    }

    /** @param array<string, mixed> $fields */
    private function act(string $action, string $user, array $fields = [], int $status = 200): mixed
    {
        $response = $this->as('site:key', (string) json_encode(['action' => $action, 'user' => $user] + $fields));
        self::assertSame($status, $response->status, "$action: $response->body " . implode("\n", $this->host->log));
        return json_decode($response->body, true);
    }

    private function person(string $id): Person
    {
        return $this->host->people([$id], [])[0];
    }

    private function make(string $user, string $device = 'phone'): string
    {
        return $this->handler->chatPasswords()->make($this->person($user), $device);
    }

    private static function refusal(callable $what): int
    {
        try {
            $what();
        } catch (Refusal $refusal) {
            return $refusal->status;
        }
        return 200;
    }

    public function testOnlyTheApikeyAsksAndOnlyKnownActionsAreServed(): void
    {
        foreach (['site:wrong', 'other:key', ''] as $credentials) {
            self::assertSame(401, $this->as($credentials, '{}')->status, $credentials);
        }
        foreach (['', '[]', '{}', '{"user":"alice"}', '{"action":"online"}', '{"action":[],"user":"alice"}'] as $body) {
            self::assertSame(400, $this->as('site:key', $body)->status, $body);
        }
        self::assertSame(405, $this->as('site:key', '', 'GET')->status);
        $this->act('subscribe', 'alice', ['to' => 'dave'], 501);
        $this->act('online', 'nobody', [], 403);
        $this->act('online', '1', [], 403);
    }

    public function testAClientLogsInByAChatPasswordOfItsUserAndNothingElse(): void
    {
        $password = $this->make('alice', ' My phone ');
        self::assertMatchesRegularExpression('/^[a-km-np-z2-9]{24}$/D', $password);
        self::assertSame(['user' => 'alice'], $this->act('auth', 'alice', ['password' => $password]));
        $answer = $this->as('site:key', '{"action":"auth","user":"alice","password":"' . $password . '"}');
        self::assertContains(['Content-Length', (string) strlen($answer->body)], $answer->headers);
        [$kept] = $this->handler->chatPasswords()->of($this->person('alice'));
        self::assertSame(['My phone', $this->now, $this->now], [$kept['device'], $kept['created'], $kept['used']]);
        foreach ([['bob', $password], ['alice', 'right'], ['alice', ''], ['nobody', $password]] as [$user, $wrong]) {
            $this->act('auth', $user, ['password' => $wrong], 401);
        }
        $this->host->banned = ['alice'];
        $this->act('auth', 'alice', ['password' => $password], 401);
        self::assertStringNotContainsString($password, (string) json_encode($this->db->rows('SELECT * FROM x_nextim_settings')));
        self::assertStringNotContainsString('chat:', (string) json_encode($this->ask('bob', 'online')));
    }

    public function testFailuresAreLimitedAndStopNoRightPassword(): void
    {
        $password = $this->make('alice');
        for ($number = 0; $number < Limits::CHAT_FAILURES_USER; $number++) {
            $this->act('auth', 'alice', ['password' => 'wrong', 'address' => "192.0.2.$number"], 401);
        }
        $this->act('auth', 'alice', ['password' => 'wrong', 'address' => '192.0.2.99'], 429);
        $this->act('auth', 'alice', ['password' => $password, 'address' => '192.0.2.99']);
        for ($number = 0; $number < Limits::CHAT_FAILURES_ADDRESS; $number++) {
            $this->act('auth', "u$number", ['password' => 'wrong', 'address' => '192.0.2.200'], 401);
        }
        $this->act('auth', 'bob', ['password' => 'wrong', 'address' => '192.0.2.200'], 429);
    }

    public function testClientsAreOffOrForSomeUsersOnly(): void
    {
        $password = $this->make('alice');
        $this->host->refused = 'xmpp';
        $this->act('auth', 'alice', ['password' => $password], 401);
        $this->act('online', 'alice', [], 403);
        self::assertSame(403, self::refusal(fn() => $this->make('alice')));
        $this->host->refused = '';
        $this->use([]);
        $this->act('online', 'alice', [], 403);
        self::assertSame(403, self::refusal(fn() => $this->make('alice')));
    }

    public function testOnlineSaysWhatAClientNeedsAndHandsOverWhatWaitedOnce(): void
    {
        $this->im->delivered = 0;
        $this->host->channels = [['id' => 'channel:news', 'nick' => 'News', 'url' => '/news']];
        foreach (['bob', 'dave'] as $from) {
            $this->ask($from, 'message', ['to' => 'alice', 'body' => "from $from", 'cid' => $from]);
        }
        $this->im->shows = ['bob' => 'away'];
        $answer = $this->act('online', 'alice');
        self::assertSame(['alice', 'Alice', 'ticket-1'], [$answer['user'], $answer['nick'], $answer['ticket']]);
        self::assertStringEndsWith('/packets', $answer['server']);
        self::assertSame(['name' => 'bob', 'nick' => 'Bob', 'group' => 'friend', 'pic' => self::ORIGIN . '/pic/2', 'show' => 'away',
            'status' => 'here'], $answer['buddies'][0]);
        self::assertSame(['bob', 'carol'], array_column($answer['buddies'], 'name'), 'who wrote is no contact by that');
        self::assertSame([['name' => 'walkers', 'nick' => 'Walkers']], $answer['rooms']);
        self::assertSame([['name' => 'channel:news', 'nick' => 'News', 'url' => self::ORIGIN . '/news']], $answer['channels']);
        self::assertSame(['from bob', 'from dave'], self::bodies($answer['messages']));
        self::assertArrayNotHasKey('show', $this->im->of('/presences/online')[0], 'a client that comes back uncovers nobody');
        self::assertSame('6', $this->im->of('/presences/online')[0]['version']);
        self::assertSame([], $this->act('online', 'alice')['messages']);
        $this->im->status = 0;
        $this->act('online', 'alice', [], 503);
    }

    public function testMessagesAndPresenceGoTheWayOfPages(): void
    {
        $ticket = $this->act('online', 'alice')['ticket'];
        $message = ['ticket' => $ticket, 'to' => 'bob', 'type' => 'unicast', 'body' => 'from a phone', 'cid' => 'c1'];
        $id = $this->act('message', 'alice', $message)['id'];
        self::assertSame($id, $this->act('message', 'alice', $message)['id'], 'one cid is one message');
        self::assertSame([[$ticket, 'bob', 'from a phone']], array_map(
            fn(array $call): array => [$call['ticket'], $call['to'], $call['body']],
            $this->im->of('/messages'),
        ));
        foreach ([['to' => 'nobody'], ['to' => 'alice'], ['type' => 'multicast'], ['body' => str_repeat('x', 32769)]] as $n => $other) {
            $this->act('message', 'alice', ['cid' => "o$n"] + $other + $message, [404, 403, 404, 400][$n]);
        }
        $this->act('message', 'carol', $message, 403);
        $this->act('presence', 'alice', ['ticket' => $ticket, 'show' => 'dnd', 'status' => 'busy']);
        $this->act('status', 'alice', ['ticket' => $ticket, 'to' => 'bob', 'show' => 'typing']);
        self::assertSame(['dnd', 'typing'], [$this->im->of('/presences/show')[0]['show'], $this->im->of('/statuses')[0]['show']]);
        self::assertSame('walkers', $this->act('join', 'alice', ['ticket' => $ticket, 'id' => 'walkers'])['id']);
        $this->act('join', 'alice', ['ticket' => $ticket, 'id' => 'secret'], 404);
        self::assertSame(['bob'], array_column($this->act('members', 'alice', ['ticket' => $ticket, 'id' => 'walkers']), 'id'));
        foreach (['one', 'two'] as $body) {
            $this->ask('bob', 'message', ['to' => 'walkers', 'type' => 'multicast', 'body' => $body, 'cid' => $body]);
        }
        $last = $this->act('history', 'alice', ['to' => 'walkers', 'type' => 'multicast', 'max' => 1]);
        self::assertSame(['two'], self::bodies($last));
        self::assertSame('Dave', $this->act('vcard', 'alice', ['to' => 'dave'])['nick']);
        $this->act('vcard', 'alice', ['to' => 'nobody'], 404);
        $this->act('offline', 'alice', ['ticket' => $ticket]);
        self::assertSame($ticket, $this->im->of('/presences/offline')[0]['ticket']);
    }

    public function testMissedMessagesWaitAgain(): void
    {
        $this->act('online', 'alice');
        $id = $this->ask('bob', 'message', ['to' => 'alice', 'body' => 'lost on the way', 'cid' => 'c'])['id'];
        $this->act('missed', 'alice', ['messages' => '7'], 400);
        $this->act('missed', 'alice', ['messages' => [['id' => $id], ['id' => '999'], ['id' => 'x'], null]]);
        self::assertSame(['lost on the way'], self::bodies($this->act('online', 'alice')['messages']));
    }

    public function testARevokedPasswordLogsAllClientsOutUntilOneLogsInAgain(): void
    {
        [$stolen, $kept] = [$this->make('alice'), $this->make('alice', 'desk')];
        $ticket = $this->act('online', 'alice')['ticket'];
        $page = $this->ticket('alice');
        $passwords = $this->handler->chatPasswords();
        $id = hash('sha256', $stolen);
        self::assertSame(404, self::refusal(fn() => $passwords->revoke($this->person('bob'), $id)), "only one's own");
        $passwords->revoke($this->person('alice'), $id);
        self::assertSame([$ticket], array_column($this->im->of('/presences/offline'), 'ticket'), 'pages stay');
        $this->act('online', 'alice', [], 401);
        $this->act('auth', 'alice', ['password' => $stolen], 401);
        $this->act('auth', 'alice', ['password' => $kept]);
        $this->act('online', 'alice');
        $this->ask('alice', 'presence', ['ticket' => $page, 'show' => 'away']);
        $this->handler->tell()->loggedOutEverywhere('alice');
        $this->act('auth', 'alice', ['password' => $kept]);
        $this->handler->tell()->newPassword('alice');
        $this->act('auth', 'alice', ['password' => $kept], 401);
        $this->act('online', 'alice', [], 401);
    }

    public function testDevicesHaveNamesAndAUserHasSomePasswords(): void
    {
        foreach (['', ' ', "a\nb", str_repeat('x', Limits::DEVICE_CHARS + 1), "\xff"] as $device) {
            self::assertSame(422, self::refusal(fn() => $this->make('bob', $device)), $device);
        }
        for ($number = 0; $number < Limits::CHAT_PASSWORDS; $number++) {
            $this->make('bob', "电话 $number");
        }
        self::assertSame(422, self::refusal(fn() => $this->make('bob')));
    }

    public function testAddressesAreEscaped(): void
    {
        $names = ['alice' => 'alice', "o'hara" => 'o\27hara', 'a b' => 'a\20b', '你好' => '你好', 'a@b/c:d' => 'a\40b\2fc\3ad',
            '"&<>' => '\22\26\3c\3e', 'c:\net' => 'c\3a\net', 'a\27' => 'a\5c27', 'a\5c' => 'a\5c5c'];
        foreach ($names as $id => $local) {
            $person = new Person($id, $id, $id);
            self::assertSame("$local@login.example", $this->handler->chatPasswords()->address($person));
        }
    }
}
