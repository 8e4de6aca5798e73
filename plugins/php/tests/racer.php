<?php

/*
 * One of several processes that do the same thing at the same moment: `racer.php DSN FILE WHAT`.
 *
 * Owns: the things. Must not: assert; it prints what came out. It waits until FILE is there.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Archive;
use NextIM\Site\Config;
use NextIM\Site\Migrations;
use NextIM\Site\Person;
use NextIM\Site\Rates;
use NextIM\Site\Refusal;
use NextIM\Site\Store;

require __DIR__ . '/bootstrap.php';

[, $dsn, $file, $what] = $argv;
$db = Database::open($dsn);
$store = new Store($db);
echo "ready\n";
while (!file_exists($file)) {
    clearstatcache();
    usleep(500);
}
if ($what === 'migrate') {
    (new Migrations($db))->migrate();
    echo (new Migrations($db))->number(), "\n";
} elseif ($what === 'rate') {
    $rates = new Rates($store, new Config('', '', '', clock: fn(): int => 1_700_000_000_000));
    for ($number = 0; $number < 10; $number++) {
        try {
            $rates->send('alice', 1);
            echo "taken\n";
        } catch (Refusal) {
            echo "left\n";
        }
    }
} else {
    $archive = new Archive($store);
    for ($number = 0; $number < 10; $number++) {
        [$from, $to] = getmypid() % 2 ? ['alice', 'bob'] : ['bob', 'alice'];
        $from = $what === 'cid' ? 'alice' : $from;
        $to = $what === 'cid' ? 'bob' : $to;
        $cid = $what === 'cid' ? "c$number" : null;
        // From its second message on, a racer knows that the conversation has begun.
        $begun = $number > 0 ? Archive::key('unicast', $from, $to) : '';
        $me = new Person($from, $from, $from);
        $stored = $archive->add($me, 'unicast', $to, 'x', '', $cid, null, 1_700_000_000_000, $begun);
        if ($what === 'clear') {
            [$waiting] = $archive->missed($to, [], null);
            $archive->setReceived($to, $waiting, false);
            $archive->setReturned([$stored->id]);
            $archive->setDelivered($stored->id, true);
            $archive->clearUser($to, $from);
            $archive->clearUser($from, $to);
        }
        echo "$stored->id $stored->time\n";
    }
}
