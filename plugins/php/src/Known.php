<?php

/*
 * What the kit knows of a user.
 *
 * Owns: the values of one query. Must not: query.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Known
{
    /** @var array<string, mixed> */
    public array $settings = [];
    /** @var list<string> the rooms whose messages the user does not want */
    public array $blockedRooms = [];
    /** @var array{text: string, time: int} the line of text beside the user's presence */
    public array $status = ['text' => '', 'time' => 0];
    /** @var list<string> whom the user blocks, by the kit's table */
    public array $blocked = [];
    /** @var list<string> who blocks the user, by the kit's table */
    public array $blockers = [];
    /** Whose the ticket is that was asked for; null if nobody's. */
    public ?string $owner = null;
    /** The conversation that was asked for, if it has begun. */
    public string $begun = '';
    /** @var list<array{hash: string, sealed: string, used: int}> the tickets of the user's session */
    public array $tickets = [];
    /** @var array<string, string> log-outs that the message server does not know of yet */
    public array $endings = [];
    /** The last message that was pruned. */
    public int $pruned = 0;
    /** When the message server may be called again for what can wait, in ms. */
    public int $silentUntil = 0;
}
