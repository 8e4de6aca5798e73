<?php

/*
 * The request that PHP serves.
 *
 * Owns: the ways in which web servers hand headers on. Must not: keep what it sets.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Request;
use NextIM\Site\Sapi;
use PHPUnit\Framework\TestCase;

final class SapiTest extends TestCase
{
    private const BASIC = 'Basic c2l0ZTprZXk6MQ==';

    /**
     * @dataProvider authorizations
     * @param array<string, string> $server
     */
    public function testFindsTheKeyOfTheMessageServer(string $expected, array $server): void
    {
        self::assertSame($expected, self::request($server)->header('Authorization'));
    }

    /** @return iterable<string, array{string, array<string, string>}> */
    public static function authorizations(): iterable
    {
        yield 'a module of the web server' => [self::BASIC, ['PHP_AUTH_USER' => 'site', 'PHP_AUTH_PW' => 'key:1']];
        yield 'FastCGI' => [self::BASIC, ['HTTP_AUTHORIZATION' => self::BASIC]];
        yield 'a rewrite' => [self::BASIC, ['REDIRECT_HTTP_AUTHORIZATION' => self::BASIC]];
        yield 'a rewrite that empties the first' => [self::BASIC, ['HTTP_AUTHORIZATION' => '',
            'REDIRECT_HTTP_AUTHORIZATION' => self::BASIC]];
        yield 'another kind' => ['Bearer x', ['HTTP_AUTHORIZATION' => 'Bearer x']];
        yield 'none' => ['', []];
    }

    public function testReadsMethodQueryAndHeaders(): void
    {
        $request = self::request(['REQUEST_METHOD' => 'POST', 'QUERY_STRING' => 'ids=a%2Cb&x.y=1', 'HTTP_COOKIE' => 'a=1; b=%C3%BC',
            'CONTENT_TYPE' => 'text/plain', 'HTTP_SEC_FETCH_SITE' => 'same-origin']);
        self::assertSame(['online', 'POST', '1', 'ü', 'text/plain', 'same-origin'], [$request->endpoint, $request->method,
            $request->params->get('x.y'), $request->cookie('b'), $request->header('Content-Type'),
            $request->header('Sec-Fetch-Site')]);
        self::assertSame(['a', 'b'], $request->params->list('ids'));
    }

    /** @param array<string, string> $server */
    private static function request(array $server): Request
    {
        $kept = $_SERVER;
        $_SERVER = $server;
        try {
            return Sapi::request('online');
        } finally {
            $_SERVER = $kept;
        }
    }
}
