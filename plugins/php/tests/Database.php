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
        return new PdoDb(self::pdo($dsn), 'x_');
    }

    public static function pdo(string $dsn): PDO
    {
        $user = getenv('NEXTIM_TEST_USER') ?: null;
        $pdo = new PDO($dsn, $user, getenv('NEXTIM_TEST_PASSWORD') ?: null);
        if ($pdo->getAttribute(PDO::ATTR_DRIVER_NAME) === 'sqlite') {
            // Nothing is to be kept, so no process waits for another that waits for the disk.
            $pdo->exec('PRAGMA synchronous = OFF');
        }
        return $pdo;
    }
}
