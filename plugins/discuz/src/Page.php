<?php

/*
 * The page of Discuz that is being made.
 *
 * Owns: its headers, and what is done after it. Must not: know the chat.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

final class Page
{
    /** @var ?\Closure(string): void */
    public static ?\Closure $headers = null;
    /** @var ?\Closure(callable(): void): void */
    public static ?\Closure $afterwards = null;

    public static function header(string $header): void
    {
        if (self::$headers !== null) {
            (self::$headers)($header);
        } elseif (!headers_sent()) {
            header($header, false);
        }
    }

    /** Hooks run before Discuz has changed anything; most of its pages end the process where they are done. */
    public static function afterwards(callable $what): void
    {
        if (self::$afterwards !== null) {
            (self::$afterwards)($what);
            return;
        }
        register_shutdown_function(static function () use ($what): void {
            // Under PHP-FPM the browser need not wait for what may take a second.
            function_exists('fastcgi_finish_request') && fastcgi_finish_request();
            $what();
        });
    }
}
