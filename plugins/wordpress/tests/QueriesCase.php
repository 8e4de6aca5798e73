<?php

/*
 * How many queries an endpoint asks of the database.
 *
 * Owns: the counts. Must not: count those of the log-in, or know where a site has its friends and rooms.
 *
 * With WORLD_SHOW in the environment it prints them: those of the kit, and those of WordPress.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

abstract class QueriesCase extends SiteCase
{
    /**
     * The most queries of the kit, and of WordPress beyond its own start and the log-in. WordPress reads users by two
     * queries, one for what belongs to them.
     */
    private const MOST = ['online' => [10, 5], 'message' => [6, 2]];
    private const MOST_OF_OTHERS = [3, 2];

    public function testEachEndpointAsksLittle(): void
    {
        $alice = Visitor::as('alice');
        $ticket = $alice->call('online')->json()['connection']['ticket'];
        foreach ([['bob', 'Hello'], ['bob', 'Hello again']] as [$name, $body]) {
            Visitor::as($name)->call('message', ['to' => '2', 'body' => $body]);
        }
        $this->file('notes', '');
        // This one asks for nothing.
        $alice->call('notifications');
        $calls = ['online' => ['buddy_ids' => '3,4', 'stranger_ids' => '5', 'room_ids' => '1'],
            'message' => ['to' => '3', 'body' => 'x', 'ticket' => $ticket], 'presence' => ['ticket' => $ticket,
            'show' => 'away'], 'status' => ['ticket' => $ticket, 'to' => '3', 'show' => 'typing'],
            'missed' => ['since' => '1'], 'buddies' => ['ids' => '3,4,5'], 'block' => ['id' => '5'],
            'unblock' => ['id' => '5'], 'rooms' => ['ids' => '1'], 'join' => ['id' => '1'], 'leave' => ['id' => '1'],
            'members' => ['id' => '1'], 'history' => ['id' => '3', 'type' => 'unicast'],
            'clear_history' => ['id' => '4', 'type' => 'unicast'],
            'download_history' => ['id' => '3', 'type' => 'unicast', 'date' => 'today'],
            'setting' => ['data' => '{"play_sound":true}'], 'offline' => ['ticket' => $ticket]];
        foreach ($calls as $endpoint => $params) {
            $answer = $alice->call($endpoint, $params);
            self::assertSame(200, $answer->status, "$endpoint: $answer->body");
        }
        [[, $start], $counts] = [[0, 0], []];
        foreach ($this->notes() as $index => $note) {
            [$own, $others] = self::sorted($note['queries']);
            $start = $index === 0 ? count($others) : $start;
            $name = substr((string) $note['uri'], strlen('/?nextim='));
            [$mostOwn, $mostOthers] = self::MOST[$name] ?? self::MOST_OF_OTHERS;
            $counts[$name] = [count($own), count($others) - $start];
            self::assertLessThanOrEqual($mostOwn, count($own), "$name: " . implode("\n", $own));
            self::assertLessThanOrEqual($mostOthers, count($others) - $start, "$name: " . implode("\n", $others));
        }
        self::assertCount(count($calls) + 1, $counts);
        fwrite(STDERR, (string) getenv('WORLD_SHOW') === '' ? '' : json_encode($counts) . "\n");
    }

    /**
     * @param list<string> $queries
     * @return array{list<string>, list<string>} those of the kit, and those of WordPress; transactions, looks at the log-in and
     *     what the plugin of the tests asks are neither
     */
    private static function sorted(array $queries): array
    {
        $isNone = fn(string $sql): bool => preg_match("~^(START|COMMIT)|option_name = 'world|user_login = 'alice'"
            . "|users WHERE ID = '2'|usermeta WHERE user_id IN \\(2\\)~", $sql) === 1;
        $isOwn = fn(string $sql): bool => str_contains($sql, 'wp_nextim_');
        $queries = array_filter($queries, fn(string $sql): bool => !$isNone($sql));
        return [array_values(array_filter($queries, $isOwn)),
            array_values(array_filter($queries, fn(string $sql): bool => !$isOwn($sql)))];
    }
}
