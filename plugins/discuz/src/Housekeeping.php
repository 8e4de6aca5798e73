<?php

/*
 * What Discuz's cron does for the chat.
 *
 * Owns: removing what is old or of members who are gone, and noticing bans. Must not: take long, as a visitor waits.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

final class Housekeeping
{
    /** The row of Discuz's settings with the members whose messages are still to be emptied. */
    public const LEFT = 'nextim_erase';
    private const ROUNDS = 20;
    /** Log-ins that are looked through at once. */
    private const SESSIONS = 2000;

    public function __construct(private readonly Plugin $plugin)
    {
    }

    public function run(): void
    {
        $this->erase([]);
        $this->endBanned();
        $days = (int) $this->plugin->options->all()['days'];
        for ($round = 0; $round < self::ROUNDS && $this->plugin->privacy()->prune($days) > 0; $round++) {
            continue;
        }
    }

    /** Removes what is kept of these and of those who are left from before; the rest waits. @param list<string> $uids */
    public function erase(array $uids): void
    {
        $kept = json_decode((string) \C::t('common_setting')->fetch_setting(self::LEFT), true);
        $waiting = array_map(strval(...), is_array($kept) ? $kept : []);
        $left = array_values(array_unique([...$waiting, ...$uids]));
        for ($round = 0; $round < self::ROUNDS && $left !== []; $round++) {
            if ($this->plugin->privacy()->erase($left[0])) {
                array_shift($left);
            }
        }
        if ($left !== $waiting) {
            \C::t('common_setting')->update_setting(self::LEFT, (string) json_encode($left));
        }
    }

    /** Ends the sessions of those who may not chat any more: the forum's control panel calls no hook for a ban. */
    private function endBanned(): void
    {
        $sql = 'SELECT DISTINCT "user" FROM {tickets} LIMIT ' . self::SESSIONS;
        $ids = array_map(strval(...), array_column($this->plugin->store()->rows($sql), 'user'));
        $present = array_map(fn($person): string => $person->id, $this->plugin->host->people($ids, []));
        foreach (array_slice(array_diff($ids, $present), 0, self::ROUNDS) as $id) {
            $this->plugin->tell()->banned($id);
        }
    }
}
