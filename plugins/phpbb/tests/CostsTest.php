<?php

/*
 * How many queries an endpoint asks of the board.
 *
 * Owns: the counts, beside those of the kit. Must not: count phpBB's session and its second look.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use nextim\bar\controller\Webim;

final class CostsTest extends BoardCase
{
    /** @param array<string, string> $params @return list<string> the queries of the host */
    private function queries(string $endpoint, array $params): array
    {
        $this->db->statements = [];
        $this->send('POST', ['QUERY_STRING' => http_build_query($params)]);
        $answer = (new Webim($this->plugin, $this->call, $this->user, $this->db))->answer($endpoint);
        self::assertSame(200, $answer->status, "$endpoint: $answer->content");
        $isHost = fn(string $sql): bool => preg_match('/nextim_|^BEGIN|^COMMIT|phpbb_sessions|^SELECT \* FROM phpbb_banlist/', $sql) === 0;
        return array_values(array_filter($this->db->statements, $isHost));
    }

    public function testEachEndpointAsksLittle(): void
    {
        $this->config['nextim_channels'] = '1';
        $this->logIn();
        $ticket = $this->ticket();
        foreach (
            [
                ['online', ['buddy_ids' => '3', 'stranger_ids' => '4', 'room_ids' => '8'], 5],
                ['buddies', ['ids' => '3,4'], 1],
                ['message', ['to' => '3', 'body' => 'x'], 1],
                ['message', ['to' => '8', 'type' => 'multicast', 'body' => 'x'], 1],
                ['status', ['ticket' => $ticket, 'to' => '3', 'show' => 'typing'], 1],
                ['presence', ['ticket' => $ticket, 'show' => 'away'], 0],
                ['missed', ['since' => '1'], 1],
                ['history', ['id' => '3'], 1],
                ['clear_history', ['id' => '3'], 1],
                ['rooms', [], 1],
                ['members', ['id' => '8'], 1],
                ['join', ['id' => '8'], 2],
                ['leave', ['id' => '8'], 1],
                ['setting', ['data' => '{}'], 0],
                ['block', ['id' => '4'], 2],
                ['unblock', ['id' => '4'], 2],
                ['offline', ['ticket' => $ticket], 0],
            ] as [$endpoint, $params, $most]
        ) {
            $queries = $this->queries($endpoint, $params);
            self::assertLessThanOrEqual($most, count($queries), "$endpoint: " . implode("\n", $queries));
        }
    }

    private function ticket(): string
    {
        $this->send('POST', []);
        $answer = (new Webim($this->plugin, $this->call, $this->user, $this->db))->answer('online');
        return json_decode($answer->content, true)['connection']['ticket'];
    }
}
