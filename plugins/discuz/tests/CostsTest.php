<?php

/*
 * How many queries an endpoint asks of the forum.
 *
 * Owns: the counts, beside those of the kit. Must not: count the log-in.
 */

declare(strict_types=1);

namespace NextIM\Discuz\Tests;

use DB;

final class CostsTest extends ForumCase
{
    public function testEachEndpointAsksLittle(): void
    {
        // Groups of friends have names of their own.
        DB::query('UPDATE %t SET gid = 1 WHERE uid = 2', ['home_friend']);
        $ticket = $this->ask('alice', 'online')['connection']['ticket'];
        foreach (
            [
                ['online', ['buddy_ids' => '3', 'stranger_ids' => '5', 'room_ids' => '50'], 5],
                ['buddies', ['ids' => '3,5'], 1],
                ['message', ['to' => '3', 'body' => 'x'], 1],
                ['message', ['to' => '50', 'type' => 'multicast', 'body' => 'x'], 1],
                ['status', ['ticket' => $ticket, 'to' => '3', 'show' => 'typing'], 1],
                ['presence', ['ticket' => $ticket, 'show' => 'away'], 0],
                ['missed', ['since' => '1'], 1],
                ['history', ['id' => '3'], 1],
                ['clear_history', ['id' => '3'], 1],
                ['rooms', [], 1],
                ['join', ['id' => '50'], 2],
                ['leave', ['id' => '50'], 1],
                ['setting', ['data' => '{}'], 0],
                ['notifications', [], 1],
                ['offline', ['ticket' => $ticket], 0],
                // The user, the list, and the number of its members that Discuz keeps beside it.
                ['block', ['id' => '5'], 4],
                ['unblock', ['id' => '5'], 4],
            ] as [$endpoint, $params, $most]
        ) {
            DB::$statements = [];
            $this->ask('alice', $endpoint, $params);
            $isHost = fn(string $sql): bool => preg_match('/m\.password|nextim_/', $sql) === 0;
            $queries = array_filter(DB::$statements, $isHost);
            self::assertLessThanOrEqual($most, count($queries), "$endpoint: " . implode("\n", $queries));
        }
    }
}
