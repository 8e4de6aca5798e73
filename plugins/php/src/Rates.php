<?php

/*
 * How often a user may do what.
 *
 * Owns: the table `rates`. Must not: read a rate before it changes it: many requests at once would all pass.
 *
 * A row holds the time at which all that was taken will have been given back. One statement takes, or leaves it as it
 * is.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Rates
{
    public function __construct(private readonly Store $store, private readonly Config $config)
    {
    }

    /** Takes a message that counts as this many. */
    public function send(string $user, int $weight): void
    {
        $cost = min($weight, Limits::SENDS_AT_ONCE) * Limits::SEND_MS;
        if (!$this->take("send $user", $cost, Limits::SENDS_AT_ONCE * Limits::SEND_MS)) {
            throw Refusal::tooMany('You are writing too fast. Please wait a moment.');
        }
    }

    /** Takes an act of this name. */
    public function act(string $user, string $what): void
    {
        if (!$this->take("$what $user", Limits::ACT_MS, Limits::ACTS_AT_ONCE * Limits::ACT_MS)) {
            throw Refusal::tooMany('You are doing this too often. Please wait a moment.');
        }
    }

    /**
     * Counts a failed log-in of a client of XMPP. The coarse limits come first, so that what they refuse leaves no row
     * by its name.
     */
    public function fail(string $address, string $user): void
    {
        $counts = ["chat address $address" => Limits::CHAT_FAILURES_ADDRESS, 'chat all' => Limits::CHAT_FAILURES_ALL,
            "chat user $user" => Limits::CHAT_FAILURES_USER];
        foreach ($counts as $what => $atOnce) {
            $cost = intdiv(Limits::CHAT_FAILURES_MS, $atOnce);
            if (!$this->take($what, $cost, $atOnce * $cost)) {
                throw Refusal::tooMany('Too many attempts to log in. Please wait some minutes.');
            }
        }
    }

    private function take(string $what, int $cost, int $room): bool
    {
        $now = $this->config->now();
        $args = [hash('sha256', $what), $now + $cost];
        $later = 'CASE WHEN old(tat) > ? THEN old(tat) ELSE ? END + ?';
        if ($this->store->dialect === 'mysql') {
            $next = "CASE WHEN old(tat) <= ? THEN LAST_INSERT_ID($later) ELSE old(tat) + LAST_INSERT_ID(0) END";
            $sql = 'INSERT INTO {rates} ("key", tat) VALUES (?, LAST_INSERT_ID(?))'
                . $this->store->onConflict('rates', '"key"', "tat = $next");
            return $this->store->insert($sql, [...$args, $now + $room - $cost, $now, $now, $cost]) > 0;
        }
        $sql = 'INSERT INTO {rates} ("key", tat) VALUES (?, ?)'
            . $this->store->onConflict('rates', '"key"', "tat = $later")
            . ' WHERE {rates}.tat <= ? RETURNING tat';
        return $this->store->rows($sql, [...$args, $now, $now, $cost, $now + $room - $cost]) !== [];
    }

    /** Forgets what was given back long ago. */
    public function prune(): void
    {
        $this->store->run('DELETE FROM {rates} WHERE tat < ?', [$this->config->now() - 86400000]);
    }
}
