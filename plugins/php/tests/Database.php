<?php

/*
 * The database of the tests.
 *
 * Owns: which one it is. Must not: need PHPUnit.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\PdoDb;
use PDO;

final class Database
{
    public static function dsn(string $otherwise): string
    {
        return getenv('NEXTIM_TEST_DSN') ?: $otherwise;
    }

    public static function open(string $dsn): PdoDb
    {
        $user = getenv('NEXTIM_TEST_USER') ?: null;
        return new PdoDb(new PDO($dsn, $user, getenv('NEXTIM_TEST_PASSWORD') ?: null), 'x_');
    }
}
