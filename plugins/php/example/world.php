<?php

/*
 * The users of the example: `world.php`, or `world.php reset` in the place of all that there is,
 * `world.php fill FROM TO TYPE COUNT` for that many undelivered messages, `world.php shorten USER SECONDS` to let
 * log-ins end then, or `world.php lock` to hold the lock of the database until the input ends.
 *
 * Owns: names, friends and rooms. Must not: make them twice in one database.
 */

declare(strict_types=1);

namespace NextIM\Site\Example;

use NextIM\Site\Archive;
use NextIM\Site\Person;
use NextIM\Site\Records;
use NextIM\Site\Store;

require __DIR__ . '/setup.php';

[, , $db, $config] = parts();
if (($argv[1] ?? '') === 'fill') {
    [, , $from, $to, $type, $count] = $argv;
    $archive = new Archive(new Store($db));
    $db->atomic(function () use ($archive, $config, $from, $to, $type, $count): void {
        for ($number = 0; $number < (int) $count; $number++) {
            $archive->add(new Person($from, $from, $from), $type, $to, "m$number", '', null, null, $config->now());
        }
    });
    return;
}
if (($argv[1] ?? '') === 'shorten') {
    $db->run('UPDATE ex_sessions SET expires = ? WHERE id = ?', [time() + (int) $argv[3], $argv[2]]);
    return;
}
if (($argv[1] ?? '') === 'lock') {
    $db->atomic(function (): void {
        echo "locked\n";
        stream_get_contents(STDIN);
    });
    return;
}
if (($argv[1] ?? '') === 'reset') {
    foreach (['users', 'sessions', 'friends', 'ignored', 'rooms', 'members', 'subscribers'] as $table) {
        $db->run("DELETE FROM ex_$table");
    }
    $store = new Store($db);
    foreach (array_diff(Store::TABLES, ['meta']) as $table) {
        $store->run("DELETE FROM {{$table}}");
    }
    $store->run("DELETE FROM {meta} WHERE name <> 'schema'");
}
$nicks = ['alice' => 'Alice', 'bob' => 'Bob "the" O\'Neil', 'carol' => 'Carol', 'dave' => 'Dave', 'erin' => 'Erin',
    'frank' => 'Frank', 'admin' => 'Admin'];
$password = password_hash('nextim', PASSWORD_BCRYPT, ['cost' => 4]);
foreach (array_keys($nicks) as $index => $id) {
    $values = [$id, $index + 1, $nicks[$id], $password, $id === 'frank' ? 1 : 0];
    $db->run('INSERT INTO ex_users (id, uid, nick, password, banned) VALUES (?, ?, ?, ?, ?)', $values);
}
foreach ([['alice', 'bob'], ['alice', 'carol']] as [$a, $b]) {
    $db->run('INSERT INTO ex_friends (a, b) VALUES (?, ?), (?, ?)', [$a, $b, $b, $a]);
}
foreach (['1' => ['Walkers', ['alice', 'bob']], '2' => ['Secret', ['bob']]] as $room => [$nick, $members]) {
    $db->run('INSERT INTO ex_rooms (id, nick) VALUES (?, ?)', [(string) $room, $nick]);
    foreach ($members as $member) {
        $db->run('INSERT INTO ex_members (room, id) VALUES (?, ?)', [(string) $room, $member]);
    }
}
(new Records(new Store($db)))->block('alice', 'erin', true);
