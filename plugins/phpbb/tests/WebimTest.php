<?php

/*
 * Tests of the endpoints, from phpBB's router to the kit and back.
 *
 * Owns: the way of a request and of an answer, and phpBB's session. Must not: test what the kit answers.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use NextIM\Site\Tests\PuppetIm;
use nextim\bar\controller\Webim;
use Symfony\Component\HttpFoundation\Response;

final class WebimTest extends BoardCase
{
    /** @param array<string, string> $server */
    private function ask(string $endpoint, string $method = 'POST', array $server = []): Response
    {
        $this->send($method, $server);
        return (new Webim($this->plugin, $this->call, $this->user, $this->db))->answer($endpoint);
    }

    public function testAPageGoesOnline(): void
    {
        $this->logIn();
        $answer = $this->ask('online');
        self::assertSame(200, $answer->status);
        $json = json_decode($answer->content, true);
        self::assertSame('2', $json['user']['id']);
        self::assertSame(['3'], array_column($json['buddies'], 'id'));
        self::assertSame(['8'], array_map(strval(...), array_keys($json['rooms'])));
        self::assertSame(['application/json'], $answer->headers->all['content-type']);
        self::assertSame(['no-store'], $answer->headers->all['cache-control']);
        self::assertStringStartsWith('nextim_user=2; Path=/forum/', $answer->headers->all['set-cookie'][0]);
        self::assertCount(1, $this->im->of('/presences/online'));
    }

    public function testAMessageIsKeptAndSent(): void
    {
        $this->logIn();
        $answer = $this->ask('message', 'POST', ['QUERY_STRING' => 'type=unicast&to=3&body=hello+%F0%9F%98%80']);
        self::assertSame(200, $answer->status, $answer->content);
        self::assertSame('hello 😀', $this->db->value('SELECT body FROM phpbb_nextim_messages'));
        self::assertSame('3', $this->im->of('/messages')[0]['to']);
    }

    public function testOnlyAMessageKeepsTheSession(): void
    {
        $this->logIn();
        $send = fn(): Response => $this->ask('message', 'POST', ['QUERY_STRING' => 'type=unicast&to=3&body=x']);
        self::assertSame(200, $send()->status);
        self::assertSame([], $this->user->updates, 'it was written within the minute');
        $this->user->data['session_time'] = time() - 61;
        $this->ask('online');
        $this->ask('buddies', 'GET');
        self::assertSame(400, $this->ask('message')->status);
        self::assertSame([], $this->user->updates, 'what a page does by itself, or what fails');
        self::assertSame(200, $send()->status);
        self::assertSame(['session_time'], array_keys($this->user->updates[0]), 'and not the page that others see');
    }

    public function testNobodyIsLoggedIn(): void
    {
        $answer = $this->ask('buddies', 'GET');
        self::assertSame(401, $answer->status);
        self::assertArrayNotHasKey('set-cookie', $answer->headers->all);
    }

    public function testAUserWithoutThePermission(): void
    {
        $this->auth->rights = [];
        $this->logIn();
        self::assertSame(403, $this->ask('buddies', 'GET')->status);
        self::assertStringContainsString('Forbidden', $this->ask('online')->content);
    }

    /** @param array<string, string> $server @dataProvider origins */
    public function testChangesComeFromTheBoardAsItIsConfigured(array $server, int $status): void
    {
        $this->config['cookie_secure'] = 0;
        $this->config['server_protocol'] = 'http://';
        $this->config['server_port'] = 80;
        $this->logIn();
        $answer = $this->ask('message', 'POST', $server + ['QUERY_STRING' => 'type=unicast&to=3&body=x']);
        self::assertSame($status, $answer->status, $answer->content);
        self::assertSame($status === 200 ? 1 : 0, $this->db->value('SELECT COUNT(*) FROM phpbb_nextim_messages'));
    }

    /** @return array<string, array{array<string, string>, int}> */
    public static function origins(): array
    {
        return [
            'as configured' => [['HTTP_ORIGIN' => 'http://forum.example'], 200],
            'with TLS' => [['HTTP_ORIGIN' => 'https://forum.example'], 200],
            'another site' => [['HTTP_ORIGIN' => 'https://evil.example'], 403],
            'the header Host proves nothing' => [['HTTP_ORIGIN' => 'https://evil.example',
                'HTTP_HOST' => 'evil.example'], 403],
            'the browser says so' => [['HTTP_SEC_FETCH_SITE' => 'cross-site'], 403],
            'by the page' => [['HTTP_ORIGIN' => '', 'HTTP_REFERER' => 'https://forum.example/forum/index.php'], 200],
            'nothing says where from' => [['HTTP_ORIGIN' => '', 'HTTP_SEC_FETCH_SITE' => ''], 403],
        ];
    }

    public function testTheMessageServerGivesMessagesBackWithoutASession(): void
    {
        $guest = "INSERT INTO phpbb_sessions VALUES ('guest', 1, 1, 0)";
        $this->db->file->exec($guest);
        $this->user->session_id = 'guest';
        $this->user->data['session_created'] = true;
        $key = ['HTTP_AUTHORIZATION' => 'Basic ' . base64_encode('forum.example:key')];
        self::assertSame(400, $this->ask('undelivered', 'POST', $key)->status, 'the key is right, and the body is none');
        self::assertSame(401, $this->ask('undelivered')->status);
        self::assertSame(0, $this->db->value('SELECT COUNT(*) FROM phpbb_sessions'), 'phpBB has made one');
    }

    public function testASessionThatWasThereStays(): void
    {
        $this->logIn();
        $this->user->data['session_created'] = true;
        $this->ask('undelivered');
        self::assertSame(1, $this->db->value('SELECT COUNT(*) FROM phpbb_sessions'));
    }

    public function testTheKitHasOnlyItsOwnEndpoints(): void
    {
        $this->logIn();
        self::assertSame(404, $this->ask('nothing', 'GET')->status);
        self::assertSame(405, $this->ask('message', 'GET')->status);
    }

    public function testWithoutTheMessageServerHistoriesAreThere(): void
    {
        $this->im->status = 0;
        $this->logIn();
        self::assertSame(200, $this->ask('history', 'GET', ['QUERY_STRING' => 'id=3&type=unicast'])->status);
        self::assertStringContainsString('IM Server Not Found', $this->ask('online')->content);
        self::assertInstanceOf(PuppetIm::class, $this->im);
    }
}
