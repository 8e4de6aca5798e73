<?php

/*
 * Who may call what from where: log-ins, origins, scripts, and the headers of every answer.
 *
 * Owns: the cases of forged requests. Must not: need a message server.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Request;
use NextIM\Site\Response;
use NextIM\Site\Style;
use NextIM\Site\Tag;

final class AdmissionTest extends KitCase
{
    /**
     * @dataProvider origins
     * @param array<string, string> $headers
     */
    public function testOnlyPagesOfTheSiteChangeSomething(bool $expected, array $headers): void
    {
        $headers += ['Cookie' => 'session=alice', 'Host' => 'evil.example'];
        $request = new Request('setting', 'POST', '', $headers, 'theme=dark');
        self::assertSame($expected ? 200 : 403, $this->handler->handle($request)->status);
    }

    /** @return iterable<array{bool, array<string, string>}> */
    public static function origins(): iterable
    {
        yield [true, ['Origin' => 'https://site.example']];
        yield [true, ['Origin' => 'https://SITE.example', 'Sec-Fetch-Site' => 'same-origin']];
        yield [true, ['Referer' => 'https://site.example/forum?x#y']];
        yield [true, ['Sec-Fetch-Site' => 'same-origin']];
        yield [false, []];
        yield [false, ['Origin' => 'null']];
        yield [false, ['Origin' => 'null', 'Referer' => 'https://site.example/']];
        yield [false, ['Origin' => 'http://site.example']];
        yield [false, ['Origin' => 'https://evil.example']];
        yield [false, ['Origin' => 'https://evil.example', 'Referer' => 'https://site.example/']];
        yield [false, ['Origin' => 'https://site.example.evil.example']];
        yield [false, ['Origin' => 'https://evil.example/https://site.example']];
        yield [false, ['Origin' => 'https://site.example', 'Sec-Fetch-Site' => 'cross-site']];
        yield [false, ['Referer' => 'ftp://site.example/']];
        yield [false, ['Sec-Fetch-Site' => 'same-site']];
        yield [false, ['Sec-Fetch-Site' => 'none']];
    }

    public function testScriptsAreForListedOriginsOnly(): void
    {
        self::assertSame(403, $this->script('https://www.example/page')->status);
        $this->use(['jsonpOrigins' => ['https://www.example']]);
        $script = $this->script('https://www.example/page');
        self::assertSame([200, 'application/javascript; charset=utf-8'], [$script->status, $script->type]);
        self::assertStringStartsWith('/**/a.b([', $script->body);
        foreach (['https://www.example.evil/', 'http://www.example/', ''] as $referer) {
            self::assertSame(403, $this->script($referer)->status, $referer);
        }
        self::assertSame(403, $this->script('https://www.example/', ['Sec-Fetch-Dest' => 'empty'])->status);
        $request = new Request('buddies', 'GET', 'callback=alert(1)', ['Cookie' => 'session=alice', 'Referer' => 'https://www.example/']);
        self::assertSame([400, 'application/json'], [$this->handler->handle($request)->status, $this->handler->handle($request)->type]);
        // A refusal comes as a script, too, which runs only if its status is 200.
        $request = new Request('message', 'GET', 'callback=f&to=zoe&body=x', ['Cookie' => 'session=alice', 'Referer' => 'https://www.example/']);
        $refused = $this->handler->handle($request);
        self::assertSame([200, '/**/f({"error":"There is no such user.","status":404});'], [$refused->status, $refused->body]);
        $request = new Request('message', 'GET', 'callback=f&to=bob&body=x', ['Cookie' => 'session=alice', 'Referer' => 'https://www.example/']);
        self::assertSame('/**/f("ok");', $this->handler->handle($request)->body);
    }

    public function testAPageOfAListedOriginLeavesByABeacon(): void
    {
        $ticket = $this->ticket('alice');
        $this->use(['jsonpOrigins' => ['https://www.example']]);
        foreach (['refresh' => 200, 'offline' => 403, 'message' => 403] as $endpoint => $status) {
            $params = ['ticket' => $ticket, 'to' => 'bob', 'body' => 'x'];
            $response = $this->call('alice', $endpoint, $params, ['Origin' => 'https://www.example', 'Sec-Fetch-Site' => 'cross-site']);
            self::assertSame($status, $response->status, $endpoint);
        }
    }

    public function testMethodsAndPaths(): void
    {
        $cookie = ['Cookie' => 'session=alice', 'Origin' => self::ORIGIN];
        foreach (['message', 'online', 'offline', 'setting', 'block', 'missed', 'status'] as $endpoint) {
            self::assertSame(405, $this->handler->handle(new Request($endpoint, 'GET', '', $cookie))->status, $endpoint);
        }
        self::assertSame(405, $this->handler->handle(new Request('history', 'PUT', 'id=bob', $cookie))->status);
        self::assertSame(200, $this->handler->handle(new Request('history', 'GET', 'id=bob', $cookie))->status);
        self::assertSame(404, $this->handler->handle(new Request('secrets', 'GET', '', $cookie))->status);
        self::assertSame(413, $this->call('alice', 'message', ['body' => str_repeat('x', 140_000)])->status);
    }

    public function testEveryAnswerIsJsonAndKeptByNobody(): void
    {
        foreach (['history', 'nothing', 'message', 'online'] as $endpoint) {
            foreach (['alice', 'nobody'] as $who) {
                $response = $this->call($who, $endpoint);
                self::assertSame(
                    ['application/json', 'nosniff', 'no-store'],
                    [$response->type, $response->header('X-Content-Type-Options'), $response->header('Cache-Control')]
                );
                self::assertNotNull(json_decode($response->body));
            }
        }
    }

    public function testNobodyAndWhoMayNotChat(): void
    {
        $this->ask('nobody', 'history', ['id' => 'bob'], 401);
        $this->host->banned = ['alice'];
        $this->ask('alice', 'history', ['id' => 'bob'], 401);
        $this->host->refused = 'chat';
        self::assertSame('You may not chat.', $this->ask('bob', 'history', ['id' => 'carol'], 403)['error']);
    }

    public function testTheCookieNamesTheUserAndIsMended(): void
    {
        $with = fn(string $who, string $named): ?string => $this->call(
            $who,
            'notifications',
            [],
            ['Cookie' => "session=$who" . ($named === '' ? '' : "; nextim_user=$named")]
        )->header('Set-Cookie');
        self::assertSame('nextim_user=alice; Path=/; SameSite=Lax', $with('alice', ''));
        self::assertSame('nextim_user=alice; Path=/; SameSite=Lax', $with('alice', 'bob'));
        self::assertNull($with('alice', 'alice'));
        self::assertNull($with('nobody', ''));
        self::assertSame('nextim_user=; Path=/; SameSite=Lax; Expires=Thu, 01 Jan 1970 00:00:00 GMT', $with('nobody', 'bob'));
        $this->use(['secure' => true, 'cookiePath' => '/blog/']);
        $this->host->expires = 86_400_000;
        self::assertSame('nextim_user=alice; Path=/blog/; SameSite=Lax; Expires=Fri, 02 Jan 1970 00:00:00 GMT; Secure', $with('alice', ''));
    }

    public function testTheTagIsTheSameForEverybody(): void
    {
        $this->use(['publicUrl' => 'https://im.example/', 'endpoint' => '/?nextim={endpoint}&"x"']);
        $tag = (new Tag($this->config))->tag('zh-CN', ['data-theme' => 'dark']);
        self::assertSame('<script src="https://im.example/webim.js" data-site="/?nextim={endpoint}&amp;&quot;x&quot;"'
            . ' data-user-cookie="nextim_user" data-lang="zh-CN" data-theme="dark" defer></script>', $tag);
        $this->use(['publicUrl' => 'https://im.example', 'logInUrl' => '/login?a=1&next={page}']);
        self::assertStringContainsString(' data-login="/login?a=1&amp;next={page}" ', (new Tag($this->config))->tag());
    }

    public function testTheKeyOfTheEnvironmentWins(): void
    {
        putenv('NEXTIM_APIKEY=other');
        try {
            $this->use([]);
        } finally {
            putenv('NEXTIM_APIKEY');
        }
        self::assertSame('other', $this->config->apikey());
        self::assertStringNotContainsString('other', print_r($this->config, true));
    }

    /** @dataProvider styles */
    public function testOnlyTheseDeclarationsPass(string $style, string $expected): void
    {
        self::assertSame($expected, Style::allowed($style));
    }

    /** @return iterable<array{string, string}> */
    public static function styles(): iterable
    {
        yield ['COLOR : Red ; font-weight:Bold;', 'color:red;font-weight:bold;'];
        yield ['color:#0f0;color:rgb(1, 2,255)', 'color:#0f0;color:rgb(1, 2,255);'];
        yield ['font-style:italic;text-decoration:underline line-through', 'font-style:italic;text-decoration:underline line-through;'];
        yield ['font-size:14px;font-size:1.5em;font-size:large;font-weight:700', 'font-size:14px;font-size:1.5em;font-size:large;font-weight:700;'];
        yield ['font-size:400px;font-size:-1px;font-size:px;font-size:1e1px;font-size:nanpx', ''];
        yield ['color:#12345;color:rgb(1,2);color:rgb(1,2,256);color:url(x);color:expression(alert(1))', ''];
        yield ['background:url(//evil);position:fixed;display:none', ''];
        yield ["color:red}body{display:none;color:red/**/;color:var(--x);color:\\72 ed;color:red\n.x", ''];
        yield ['font-weight:1000;font-weight:050;font-style:x;text-decoration:blink;text-decoration:', ''];
        yield [str_repeat('color:red;', 200), ''];
    }

    /** @param array<string, string> $headers */
    private function script(string $referer, array $headers = []): Response
    {
        $headers += ['Cookie' => 'session=alice', 'Referer' => $referer, 'Sec-Fetch-Dest' => 'script', 'Sec-Fetch-Site' => 'cross-site'];
        return $this->handler->handle(new Request('buddies', 'GET', 'ids=bob&callback=a.b', array_filter($headers)));
    }
}
