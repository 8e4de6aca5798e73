<?php

declare(strict_types=1);

namespace NextIM\Discuz\Tests;

use DB;

/** The script that the bar calls, over HTTP. */
final class EntryTest extends ForumCase
{
    private const PATH = '/source/plugin/nextim/webim.php';

    /** @var ?resource */
    private static $server = null;
    private static int $port = 0;

    public static function setUpBeforeClass(): void
    {
        $free = stream_socket_server('tcp://127.0.0.1:0');
        self::$port = (int) parse_url('tcp://' . stream_socket_get_name($free, false), PHP_URL_PORT);
        fclose($free);
        $command = [PHP_BINARY, '-d', 'display_errors=1', '-d', 'output_buffering=0', '-S', '127.0.0.1:' . self::$port, '-t',
            (string) getenv('FORUM_ROOT')];
        self::$server = proc_open($command, [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'],
            ['file', '/dev/null', 'w']], $pipes);
        for ($try = 0; $try < 500 && !($stream = @fsockopen('127.0.0.1', self::$port)); $try++) {
            usleep(10000);
        }
        fclose($stream);
    }

    public static function tearDownAfterClass(): void
    {
        proc_terminate(self::$server);
        proc_close(self::$server);
    }

    /**
     * @param list<string> $headers
     * @return array{int, string, string} the status, the headers and the body
     */
    private function http(string $query, ?string $body = null, array $headers = []): array
    {
        $context = stream_context_create(['http' => ['method' => $body === null ? 'GET' : 'POST', 'content' => (string) $body,
            'header' => $headers, 'ignore_errors' => true]]);
        $stream = fopen('http://127.0.0.1:' . self::$port . self::PATH . $query, 'r', false, $context);
        $answer = (string) stream_get_contents($stream);
        $lines = (array) stream_get_meta_data($stream)['wrapper_data'];
        preg_match('~^HTTP/\S+ (\d+)~', $lines[0], $found);
        return [(int) $found[1], implode("\n", $lines), $answer];
    }

    /** @return list<string> */
    private static function page(string $name): array
    {
        return ['Origin: ' . self::ORIGIN, 'Content-Type: application/x-www-form-urlencoded',
            'Cookie: pre_auth=' . rawurlencode(self::auth($name)) . '; nextim_user=9'];
    }

    public function testAMessageMayHaveQuotesAndParentheses(): void
    {
        $body = 'said: "it\'s (<b>) fine" \\ ? %27 😀';
        $form = http_build_query(['to' => '3', 'body' => $body, 'type' => 'unicast']);
        [$status, $headers, $answer] = $this->http('?do=message', $form, self::page('alice'));
        self::assertSame([200, 'ok'], [$status, json_decode($answer, true)]);
        self::assertStringContainsString('Content-Type: application/json', $headers);
        self::assertStringContainsString('Cache-Control: no-store', $headers);
        self::assertStringContainsString('Set-Cookie: nextim_user=2; Path=/bbs/', $headers);
        self::assertSame(1, substr_count($headers, 'Set-Cookie'), 'Discuz sets no cookie');
        [, , $answer] = $this->http('?do=history', 'id=3&type=unicast', self::page('alice'));
        self::assertSame([$body], array_column((array) json_decode($answer, true), 'body'), $answer);
    }

    public function testAChangeComesFromThePagesOfTheForum(): void
    {
        $form = http_build_query(['to' => '3', 'body' => 'forged', 'type' => 'unicast']);
        [$cookie] = array_slice(self::page('alice'), 2);
        foreach (
            [[], ['Origin: https://evil.example'], ['Origin: ' . self::ORIGIN, 'Sec-Fetch-Site: cross-site'],
            ['Origin: http://127.0.0.1:' . self::$port]] as $from
        ) {
            $headers = [...$from, $cookie, 'Content-Type: application/x-www-form-urlencoded'];
            self::assertSame(403, $this->http('?do=message', $form, $headers)[0], implode(' ', $from));
        }
        self::assertSame([], $this->rows('SELECT * FROM {messages}'));
    }

    public function testAGuestGetsNothing(): void
    {
        self::assertSame(401, $this->http('?do=buddies')[0]);
        self::assertSame(404, $this->http('?do=nonsense')[0]);
        self::assertSame(404, $this->http('')[0]);
        self::assertSame(404, $this->http('?do[]=online')[0]);
    }

    public function testUndeliveredComesWithTheKeyAlone(): void
    {
        $call = fn(string $key): int => $this->http('?do=undelivered', '[]', ['Content-Type: application/json',
            'Authorization: Basic ' . base64_encode("forum:$key")])[0];
        self::assertSame([200, 401], [$call('key'), $call('wrong')]);
    }

    public function testAPluginThatIsSwitchedOffAnswersNothing(): void
    {
        global $_G;
        $_G['setting']['plugins']['available'] = ['other'];
        $answer = $this->call('alice', 'buddies');
        self::assertSame([404, '{"error":"The chat is switched off."}'], [$answer->status, $answer->body]);
    }

    public function testStatementsAreStrictOverHttp(): void
    {
        $form = 'data=' . rawurlencode('{"play_sound":false}');
        DB::query('ALTER TABLE pre_nextim_settings MODIFY value VARCHAR(2)');
        try {
            self::assertSame(503, $this->http('?do=setting', $form, self::page('alice'))[0], 'nothing is cut');
        } finally {
            DB::query('ALTER TABLE pre_nextim_settings MODIFY value TEXT NOT NULL');
        }
        self::assertSame(200, $this->http('?do=setting', $form, self::page('alice'))[0]);
    }
}
