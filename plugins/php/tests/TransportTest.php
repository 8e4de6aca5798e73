<?php

/*
 * Calls over real connections.
 *
 * Owns: what a broken server does to a call, with cURL and without it. Must not: know the protocol.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Transport;
use PHPUnit\Framework\TestCase;

final class TransportTest extends TestCase
{
    /** @var list<resource> */
    private array $peers = [];

    protected function tearDown(): void
    {
        foreach ($this->peers as $peer) {
            proc_terminate($peer, 9);
            proc_close($peer);
        }
    }

    /** @return iterable<string, array{bool}> */
    public static function ways(): iterable
    {
        yield 'cURL' => [true];
        yield 'streams' => [false];
    }

    /** @dataProvider ways */
    public function testAnswers(bool $mayUseCurl): void
    {
        $port = $this->peer('HTTP/1.1 200 OK\r\nX-NextIM-Delivered: 3\r\nConnection: close\r\nContent-Length: 7\r\n\r\n{request}');
        $transport = new Transport($mayUseCurl);
        foreach (['a=1&b=2', 'c=3&d=4'] as $form) {
            [$status, $headers, $body] = $transport->post("http://127.0.0.1:$port/messages", $form, 3000);
            self::assertSame([200, '3', $form], [$status, $headers['x-nextim-delivered'], $body]);
        }
        $long = str_repeat('x', 900_000) . '&b=last';
        self::assertSame('&b=last', $transport->post("http://127.0.0.1:$port/", $long, 3000)[2]);
    }

    /** @dataProvider ways */
    public function testFailures(bool $mayUseCurl): void
    {
        $transport = new Transport($mayUseCurl);
        foreach (
            ['hang', '', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort', 'no http\r\n\r\n',
            'HTTP/1.1 200 OK\r\n\r\n' . str_repeat('x', 100)] as $index => $answer
        ) {
            $status = $transport->post("http://127.0.0.1:{$this->peer($answer)}/", 'a=1&b=2', 300)[0];
            self::assertSame($index === 4 ? 200 : 0, $status, $answer);
        }
        self::assertSame(0, $transport->post('http://127.0.0.1:1/', 'a=1&b=2', 300)[0]);
        $port = $this->peer('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy');
        self::assertSame(503, $transport->post("http://127.0.0.1:$port/", 'a=1&b=2', 3000)[0]);
    }

    private function peer(string $answer): int
    {
        $this->peers[] = proc_open([PHP_BINARY, __DIR__ . '/peer.php', $answer], [1 => ['pipe', 'w'], 2 => STDERR], $pipes);
        return (int) fgets($pipes[1]);
    }
}
