<?php

/*
 * How long each endpoint takes: `in-site single php bench.php [ROUNDS]`.
 *
 * Owns: the median of each, in one run, beside WordPress's own heartbeat and its front page. Must not: judge.
 *
 * WORLD_IM in the environment of `in-site` names a real message server with the domain `site` and the key
 * `key-of-the-tests`; without it, one in PHP takes notes.
 */

declare(strict_types=1);

use NextIM\WordPress\Tests\Answer;
use NextIM\WordPress\Tests\Visitor;

require __DIR__ . '/load.php';
require __DIR__ . '/Answer.php';
require __DIR__ . '/Visitor.php';

$rounds = (int) ($argv[1] ?? 200);
$alice = Visitor::as('alice');
$bob = Visitor::as('bob');
$ticket = $alice->call('online')->json()['connection']['ticket'];
$bob->call('online');
$nonce = $alice->get('/wp-admin/profile.php')->find('~heartbeatSettings = \{"nonce":"(\w+)"~');
$heartbeat = ['action' => 'heartbeat', '_nonce' => $nonce, 'interval' => 60, 'screen_id' => 'front', 'has_focus' => 'true'];
$calls = ['online' => ['buddy_ids' => '3', 'room_ids' => '1'], 'message' => ['to' => '3', 'body' => 'Hello',
    'ticket' => $ticket], 'status' => ['ticket' => $ticket, 'to' => '3', 'show' => 'typing'], 'presence' => [
    'ticket' => $ticket, 'show' => 'available'], 'missed' => ['since' => '1'], 'buddies' => ['ids' => '3,4'],
    'rooms' => [], 'members' => ['id' => '1'], 'history' => ['id' => '3', 'type' => 'unicast'],
    'setting' => ['play_sound' => 'true'], 'block' => ['id' => '5'], 'unblock' => ['id' => '5']];
$times = [];
$time = function (string $name, callable $ask) use (&$times): Answer {
    $start = hrtime(true);
    $answer = $ask();
    $times[$name][] = (hrtime(true) - $start) / 1e6;
    $answer->status === 200 || exit("$name answers $answer->status: $answer->body\n");
    return $answer;
};
for ($round = 0; $round < $rounds; $round++) {
    // Nobody may do these things as often.
    $wpdb->query("DELETE FROM {$wpdb->prefix}nextim_rates");
    foreach ($calls as $endpoint => $params) {
        // A log-in has so many pages at most; the oldest end.
        $params = isset($params['ticket']) ? ['ticket' => $ticket] + $params : $params;
        $answer = $time($endpoint, fn() => $alice->call($endpoint, $params));
        $ticket = $endpoint === 'online' ? $answer->json()['connection']['ticket'] : $ticket;
    }
    $time('admin-ajax.php, heartbeat', fn() => $alice->post('/wp-admin/admin-ajax.php', $heartbeat));
    $time('front page', fn() => $alice->get('/'));
}
printf("%d calls of each, load %s\n", $rounds, implode(' ', array_map(fn($x) => number_format($x, 1), sys_getloadavg())));
foreach ($times as $name => $all) {
    sort($all);
    printf("%-28s %6.1f ms\n", $name, $all[intdiv(count($all), 2)]);
}
