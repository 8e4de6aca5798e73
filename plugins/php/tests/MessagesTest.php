<?php

/*
 * `message` and `undelivered`.
 *
 * Owns: who may write, and that a message is stored once and comes once. Must not: need a message server.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Request;

final class MessagesTest extends KitCase
{
    public function testIsStoredThenPushed(): void
    {
        $ticket = $this->ticket('alice');
        $sent = $this->ask('alice', 'message', ['to' => 'bob', 'body' => '  "quoted" \\ % , 🙂 <b>', 'cid' => 'c1',
            'ticket' => $ticket, 'style' => 'color:red;position:fixed', 'from' => 'bob', 'nick' => 'x', 'timestamp' => '1',
            'meta' => '{"reply_to":{"id":"1"},"list":[]}']);
        self::assertSame(['status' => 'ok', 'id' => '1', 'timestamp' => $this->now, 'arrived' => true], $sent);
        [$push] = $this->im->of('/messages');
        self::assertSame(
            ['ticket-1', 'Alice', 'bob', 'unicast', '1', '  "quoted" \\ % , 🙂 <b>', 'color:red;', (string) $this->now],
            [$push['ticket'], $push['nick'], $push['to'], $push['type'], $push['id'], $push['body'], $push['style'], $push['timestamp']]
        );
        self::assertSame('{"reply_to":{"id":"1"},"list":[]}', $push['meta']);
        [$line] = $this->ask('bob', 'history', ['id' => 'alice']);
        self::assertSame(
            [['reply_to' => ['id' => '1'], 'list' => []], false, false],
            [$line['meta'], isset($line['cid']), isset($line['arrived'])]
        );
        self::assertSame(['c1', true], [$this->ask('alice', 'history', ['id' => '2'])[0]['cid'],
            $this->ask('alice', 'history', ['id' => 'bob'])[0]['arrived']]);
    }

    public function testSaysNotThatAnInvisibleUserHasIt(): void
    {
        $this->im->visible = 0;
        self::assertFalse($this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'cid' => '1'])['arrived']);
        self::assertFalse($this->ask('alice', 'history', ['id' => 'bob'])[0]['arrived']);
        self::assertCount(1, $this->ask('bob', 'history', ['id' => 'alice']));
    }

    public function testOneCidIsOneMessage(): void
    {
        $this->im->status = 0;
        $first = $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'cid' => 'c1']);
        $this->im->status = 200;
        $second = $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'cid' => 'c1']);
        $third = $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'cid' => 'c1']);
        self::assertSame([$first['id'], $first['id']], [$second['id'], $third['id']]);
        self::assertSame([false, true, true], [$first['arrived'], $second['arrived'], $third['arrived']]);
        self::assertCount(2, $this->im->of('/messages'), 'the third finds it delivered');
        self::assertNotSame($first['id'], $this->ask('carol', 'message', ['to' => 'alice', 'body' => 'y', 'cid' => 'c1'])['id']);
        self::assertSame('ok', $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x']));
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'cid' => str_repeat('c', 129)], 400);
    }

    public function testAnEndedSessionStillSends(): void
    {
        $ticket = $this->ticket('alice');
        $this->im->meanwhile['/messages'] = function (): void {
            $this->im->statuses['/messages'] = 404;
            $this->im->meanwhile['/messages'] = fn() => $this->im->statuses = [];
        };
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'ticket' => $ticket]);
        $pushes = $this->im->of('/messages');
        self::assertSame(['ticket-1', 'alice'], [$pushes[0]['ticket'], $pushes[1]['from']]);
    }

    /** @dataProvider refusals */
    public function testRefuses(int $status, array $params): void
    {
        $this->host->apart['alice'] = ['carol'];
        $this->ask('alice', 'message', $params + ['to' => 'bob', 'body' => 'x'], $status);
        self::assertSame([], $this->im->of('/messages'));
        self::assertSame([], $this->ask('bob', 'history', ['id' => 'alice']));
    }

    /** @return iterable<string, array{int, array<string, string>}> */
    public static function refusals(): iterable
    {
        yield 'an empty text' => [400, ['body' => " \u{3000}\n"]];
        yield 'a long text' => [400, ['body' => str_repeat('x', 32769)]];
        yield 'bad UTF-8' => [400, ['body' => "\xff"]];
        yield 'U+0000' => [400, ['body' => "a\0b"]];
        yield 'another type' => [400, ['type' => 'x']];
        yield 'no receiver' => [400, ['to' => 'undefined']];
        yield 'nobody' => [404, ['to' => 'zoe']];
        yield 'oneself' => [403, ['to' => 'alice']];
        yield 'who is apart' => [403, ['to' => 'carol']];
        yield 'another room' => [404, ['type' => 'multicast', 'to' => 'secret']];
        yield 'no room' => [404, ['type' => 'grpchat', 'to' => 'nowhere']];
        yield 'everybody' => [403, ['type' => 'broadcast']];
        yield 'a word' => [403, ['body' => 'forbidden']];
        yield 'meta that is no object' => [400, ['meta' => '[1]']];
        yield 'meta with a name twice' => [400, ['meta' => '{"a":1,"\u0061":2}']];
        yield 'long meta' => [400, ['meta' => '{"a":"' . str_repeat('x', 4096) . '"}']];
        yield 'half a pair' => [400, ['meta' => '{"a":"\ud800"}']];
        yield 'meta with U+0000' => [400, ['meta' => '{"a":"\u0000"}']];
        yield 'deep meta' => [400, ['meta' => str_repeat('{"a":', 16) . '{}' . str_repeat('}', 16)]];
    }

    public function testTakesMetaOfSixteenLevels(): void
    {
        $meta = str_repeat('{"a":', 15) . '{"a":"\\\\u0000"}' . str_repeat('}', 15);
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'meta' => $meta]);
        self::assertSame($meta, $this->im->of('/messages')[0]['meta']);
    }

    public function testTheHostEdits(): void
    {
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'darn']);
        self::assertSame(['****'], self::bodies($this->ask('bob', 'history', ['id' => 'alice'])));
    }

    public function testStrangersMayBeKeptOut(): void
    {
        $this->ask('alice', 'message', ['to' => 'dave', 'body' => 'x']);
        $typing = ['ticket' => $this->ticket('alice'), 'show' => 'typing'];
        $this->use(['strangers' => false]);
        $this->ask('alice', 'message', ['to' => 'dave', 'body' => 'x'], 403);
        $this->ask('alice', 'status', $typing + ['to' => 'dave'], 403);
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x']);
        $this->ask('alice', 'status', $typing + ['to' => 'bob']);
    }

    public function testAnothersTicketIsRefused(): void
    {
        $ticket = $this->ticket('bob');
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'ticket' => $ticket], 403);
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x', 'ticket' => 'gone']);
        self::assertSame('alice', $this->im->of('/messages')[0]['from']);
    }

    public function testTheRateIsTwentyAndTwoASecond(): void
    {
        for ($number = 0; $number < 20; $number++) {
            $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x']);
        }
        $refused = $this->call('alice', 'message', ['to' => 'bob', 'body' => 'x']);
        self::assertSame([429, '5'], [$refused->status, $refused->header('Retry-After')]);
        $this->ask('bob', 'message', ['to' => 'alice', 'body' => 'x']);
        $this->now += 499;
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x'], 429);
        $this->now += 1;
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x']);
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x'], 429);
        $this->now += 600_000;
        // A long message counts as several.
        foreach ([200, 200, 200, 200, 429] as $status) {
            $this->ask('alice', 'message', ['to' => 'bob', 'body' => str_repeat('x', 32768)], $status);
        }
    }

    public function testTimesOfAConversationGrow(): void
    {
        foreach ([0, 0, -5_000] as $step) {
            $this->now += $step;
            $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'x']);
            $this->ask('bob', 'message', ['to' => 'alice', 'body' => 'x']);
        }
        $times = array_column($this->ask('alice', 'history', ['id' => 'bob']), 'timestamp');
        self::assertSame(range(1_700_000_000_000, 1_700_000_000_005), $times);
    }

    public function testMarksCountWhatIsUnread(): void
    {
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => '1']);
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => '2']);
        $marks = fn(): array => array_column($this->db->rows('SELECT me, unread FROM x_nextim_marks ORDER BY me'), 'unread', 'me');
        self::assertEquals(['alice' => 0, 'bob' => 2], $marks());
        $this->ask('bob', 'message', ['to' => 'alice', 'body' => '3']);
        self::assertEquals(['alice' => 1, 'bob' => 0], $marks());
        self::assertEquals([3], array_column($this->db->rows('SELECT last_id FROM x_nextim_talks'), 'last_id'));
    }

    public function testReturnedMessagesWaitAgainOnce(): void
    {
        $this->im->meanwhile['/messages'] = fn() => self::assertSame(200, $this->returned(['1'])->status);
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'early']);
        $this->ask('alice', 'message', ['to' => 'bob', 'body' => 'late']);
        self::assertSame(200, $this->returned(['2', 77, 'x', 'post-5'])->status);
        self::assertSame(['early', 'late'], self::bodies($this->ask('bob', 'online')['new_messages']));
        $this->returned(['1', '2']);
        self::assertSame([], $this->ask('bob', 'online')['new_messages']);
    }

    public function testOnlyTheServerReturnsMessages(): void
    {
        self::assertSame(401, $this->returned(['1'], 'Basic ' . base64_encode('site:wrong'))->status);
        self::assertSame(401, $this->returned(['1'], '')->status);
        self::assertSame(200, $this->returned([], '', 'domain=site&apikey=key')->status);
        self::assertSame(413, $this->returned(range(1, 101))->status);
        $get = new Request('undelivered', 'GET', 'domain=site&apikey=key');
        self::assertSame(405, $this->handler->handle($get)->status);
        $text = new Request('undelivered', 'POST', 'domain=site&apikey=key', [], '{}');
        self::assertSame(400, $this->handler->handle($text)->status);
    }

    /** @param list<int|string> $ids */
    private function returned(array $ids, ?string $authorization = null, string $query = ''): \NextIM\Site\Response
    {
        $headers = ['Authorization' => $authorization ?? 'Basic ' . base64_encode('site:key'), 'Content-Type' => 'application/json'];
        $body = (string) json_encode(array_map(fn(int|string $id): array => ['id' => $id, 'type' => 'unicast'], $ids));
        return $this->handler->handle(new Request('undelivered', 'POST', $query, array_filter($headers), $body));
    }
}
