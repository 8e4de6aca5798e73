<?php

/*
 * The parts of the example, from the environment.
 *
 * Owns: the settings. Must not: answer a request.
 */

declare(strict_types=1);

namespace NextIM\Site\Example;

use NextIM\Site\Config;
use NextIM\Site\Handler;
use NextIM\Site\Im;
use NextIM\Site\Migrations;
use NextIM\Site\PdoDb;
use PDO;

require_once __DIR__ . '/../src/autoload.php';
require_once __DIR__ . '/Host.php';

/** @return array{Handler, Host, PdoDb, Config} */
function parts(): array
{
    $setting = fn(string $name, string $default): string => getenv("EXAMPLE_$name") ?: $default;
    $pdo = new PDO($setting('DSN', 'sqlite:' . __DIR__ . '/example.sqlite'), $setting('DB_USER', '') ?: null);
    $db = new PdoDb($pdo);
    // Tests let each request begin with statements of their own, such as one that leaves no room in the database.
    $begin = $setting('BEGIN', '');
    if ($begin !== '' && is_file($begin)) {
        $pdo->exec((string) file_get_contents($begin));
    }
    $host = new Host($db);
    $host->install();
    (new Migrations($db))->migrate();
    $url = $setting('URL', 'http://127.0.0.1:8080');
    $config = new Config(
        server: $setting('SERVER', 'http://127.0.0.1:8000'),
        domain: $setting('DOMAIN', 'localhost'),
        apikey: 'public',
        publicUrl: $setting('PUBLIC_URL', ''),
        siteUrl: $url,
        origins: [$url],
        jsonpOrigins: array_filter([$setting('JSONP_ORIGIN', '')]),
        logIn: true,
        xmpp: $setting('XMPP', ''),
    );
    return [new Handler($host, $db, new Im($config), $config), $host, $db, $config];
}
