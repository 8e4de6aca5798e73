<?php

/*
 * What is kept of a user, how long, and how it goes.
 *
 * Owns: `prune`, `export` and `erase`, each bounded per call. Must not: remove the newest message: some databases give
 * its id once more.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Privacy
{
    private readonly Archive $archive;

    public function __construct(private readonly Store $store, private readonly Config $config)
    {
        $this->archive = new Archive($store);
    }

    /** Removes messages that are older than this many days, and what nobody needs any more. Returns how many went. */
    public function prune(int $days): int
    {
        $now = $this->config->now();
        $this->store->run('DELETE FROM {tickets} WHERE used < ?', [$now - Limits::TICKET_MS]);
        (new Rates($this->store, $this->config))->prune();
        $top = $days > 0 ? $this->archive->oldest($now - $days * 86400000, Limits::ROWS_AT_ONCE) : null;
        if ($top === null) {
            return 0;
        }
        return $this->store->atomic(function () use ($top): int {
            (new Records($this->store))->setPruned($top);
            $this->store->run('DELETE FROM {reactions} WHERE message <= ?', [$top]);
            return $this->archive->removeUpTo($top);
        });
    }

    /**
     * The messages from and to a user after this id, and how to go on.
     *
     * @return array{lines: list<array<string, mixed>>, next: ?int} null if there are no more
     */
    public function export(string $user, int $after = 0): array
    {
        [$parts, $args] = [[], []];
        foreach (
            [
                new Walk('sent', ['"from"' => $user], "\"type\" NOT IN ('multicast', 'broadcast') AND from_gone = 0"),
                new Walk('got', ['"type"' => 'unicast', '"to"' => $user], 'to_gone = 0'),
                new Walk('sent', ['"from"' => $user], '"type" <> \'unicast\''),
            ] as $number => $walk
        ) {
            [$sql, $values] = $walk->from($this->store->dialect, $after, Limits::ROWS_AT_ONCE);
            $parts[] = "SELECT * FROM (SELECT * $sql) AS part$number";
            $args = [...$args, ...$values];
        }
        $sql = implode(' UNION ALL ', $parts) . ' ORDER BY id LIMIT ' . Limits::ROWS_AT_ONCE;
        $messages = array_map(Message::of(...), $this->store->rows($sql, $args));
        $isMore = count($messages) === Limits::ROWS_AT_ONCE;
        $last = end($messages);
        return ['lines' => Shapes::lines($messages, $user), 'next' => $isMore && $last !== false ? $last->id : null];
    }

    /** @return array{settings: array<string, string>, blocked: list<string>} what else is kept of a user */
    public function kept(string $user): array
    {
        $settings = [];
        foreach ($this->store->rows('SELECT name, "value" FROM {settings} WHERE "user" = ?', [$user]) as $row) {
            $settings[(string) $row['name']] = (string) $row['value'];
        }
        $blocked = $this->store->rows('SELECT blocked FROM {blocks} WHERE "user" = ?', [$user]);
        return ['settings' => $settings, 'blocked' => array_map(strval(...), array_column($blocked, 'blocked'))];
    }

    /** Empties what a user has written, and removes all else of the user. Returns whether all is done. */
    public function erase(string $user): bool
    {
        $written = new Walk('sent', ['"from"' => $user], 'deleted = 0');
        [$sql, $args] = $written->from($this->store->dialect, 0, Limits::ROWS_AT_ONCE);
        $ids = array_map(intval(...), array_column($this->store->rows("SELECT id $sql", $args), 'id'));
        return $this->store->atomic(function () use ($user, $ids): bool {
            if ($ids !== []) {
                $emptied = 'body = \'\', nick = \'\', style = \'\', meta = NULL, deleted = 1, rev = rev + 1';
                $this->store->run("UPDATE {messages} SET $emptied WHERE id IN " . Store::in($ids), $ids);
            }
            foreach (['settings', 'blocks', 'tickets', 'reactions', 'files', 'subscriptions'] as $table) {
                $this->store->run("DELETE FROM {{$table}} WHERE \"user\" = ?", [$user]);
            }
            $this->store->run('DELETE FROM {blocks} WHERE blocked = ?', [$user]);
            $this->store->run('DELETE FROM {room_clears} WHERE "user" = ?', [$user]);
            $this->store->run('DELETE FROM {marks} WHERE me = ?', [$user]);
            return count($ids) < Limits::ROWS_AT_ONCE;
        });
    }
}
