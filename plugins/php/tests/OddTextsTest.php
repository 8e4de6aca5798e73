<?php

/*
 * Odd texts in every parameter of every endpoint.
 *
 * Owns: the texts. Must not: need a message server.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

final class OddTextsTest extends KitCase
{
    private const TEXTS = [
        'quotes' => "\"it's\" `x`",
        'a backslash' => 'a\\b\\',
        'a percent sign' => '100%_%41%00',
        'commas' => ',a,,b,',
        'emoji' => '👩‍👩‍👧🏽',
        'right to left' => "\u{202e}מרחבא",
        'markup' => '<script>alert(1)</script>&amp;',
        'SQL' => "'; DROP TABLE x_nextim_messages; --",
        'placeholders' => '? :name {messages} old(x) new(x)',
        'a number' => '-1e309',
        'a long number' => '99999999999999999999',
        'a word' => '__proto__',
        'lines' => "a\r\nSet-Cookie: x=1\r\n\r\nb",
        'U+0000' => "a\0b",
        'bad UTF-8' => "a\xff\xc0b",
        'JSON' => '{"a":[1,null]}',
        'much' => 'x-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-'
            . '0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-012345'
            . '6789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789',
    ];
    private const ENDPOINTS = [
        'online' => ['username', 'password', 'show', 'status', 'since', 'version', 'buddy_ids', 'room_ids', 'stranger_ids'],
        'missed' => ['since'],
        'message' => ['type', 'to', 'body', 'style', 'cid', 'meta', 'ticket', 'from', 'nick', 'timestamp', 'offline'],
        'presence' => ['ticket', 'show', 'status'],
        'status' => ['ticket', 'type', 'to', 'show'],
        'offline' => ['ticket'],
        'refresh' => ['ticket'],
        'buddies' => ['ids', 'stranger_ids'],
        'block' => ['id'],
        'unblock' => ['id'],
        'rooms' => ['ids'],
        'join' => ['id', 'ticket'],
        'leave' => ['id', 'ticket'],
        'members' => ['id', 'ids', 'ticket'],
        'history' => ['type', 'id', 'ids', 'before'],
        'clear_history' => ['type', 'id'],
        'download_history' => ['type', 'id'],
        'setting' => ['data', 'theme', 'lang', 'play_sound', 'opacity', 'blocked_rooms'],
        'notifications' => ['callback'],
    ];
    private const GOOD = ['to' => 'bob', 'body' => 'x', 'id' => 'bob', 'show' => 'away', 'since' => '0'];

    /** @dataProvider texts */
    public function testEveryParameterTakesOrRefusesThem(string $text): void
    {
        $good = self::GOOD + ['ticket' => $this->ticket('alice')];
        foreach (self::ENDPOINTS as $endpoint => $names) {
            foreach ($names as $name) {
                $this->now += 10_000;
                $response = $this->call('alice', $endpoint, [$name => $text] + $good);
                $said = "$endpoint, $name: $response->status $response->body " . implode("\n", $this->host->log);
                self::assertContains($response->status, [200, 400, 401, 403, 404], $said);
                self::assertSame([], $this->host->log, $said);
                self::assertSame(1, preg_match('//u', $response->body), $said);
                if ($response->type === 'application/json') {
                    self::assertNotNull(json_decode($response->body), $said);
                }
                self::assertStringNotContainsString('<script>', $response->body, $said);
            }
        }
    }

    /** @dataProvider texts */
    public function testWhatIsTakenComesBackAsItWas(string $text): void
    {
        if (!mb_check_encoding($text, 'UTF-8') || str_contains($text, "\0")) {
            $this->ask('alice', 'message', ['to' => 'bob', 'body' => $text], 400);
            return;
        }
        $ticket = $this->ticket('alice');
        $meta = (string) json_encode(['text' => $text]);
        $cid = mb_strcut($text, 0, 128, 'UTF-8');
        $params = ['to' => 'bob', 'body' => $text, 'cid' => $cid, 'meta' => $meta];
        $id = $this->ask('alice', 'message', $params)['id'];
        self::assertSame($id, $this->ask('alice', 'message', $params)['id'], 'one cid is one message');
        self::assertSame([$text, $meta], [$this->im->of('/messages')[0]['body'], $this->im->of('/messages')[0]['meta']]);
        $line = $this->ask('bob', 'history', ['id' => 'alice'])[0];
        self::assertSame([$text, ['text' => $text]], [$line['body'], $line['meta']]);
        $this->ask('alice', 'presence', ['ticket' => $ticket, 'show' => 'away', 'status' => $text]);
        self::assertSame($text, $this->ask('bob', 'buddies', ['ids' => 'alice'])[0]['status']);
    }

    /** @return iterable<string, array{string}> */
    public static function texts(): iterable
    {
        foreach (self::TEXTS as $name => $text) {
            yield $name => [$text];
        }
    }
}
