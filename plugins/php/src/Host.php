<?php

/*
 * What the kit needs from a site.
 *
 * Owns: the interface, in the words of a chat. Must not: name a table of the kit, or the message server.
 *
 * Ids are strings everywhere: a user's id is what the message server calls `name`, a room's id is its name there.
 */

declare(strict_types=1);

namespace NextIM\Site;

interface Host
{
    /**
     * Who is logged in, by the host's own session only. Never cached. Nobody if deleted, banned or not verified; if the
     * host leaves users logged in whom it bans, `may` says why they may not chat.
     */
    public function me(Request $request): ?Person;

    /**
     * The users of these ids and uids that exist and are not banned.
     *
     * @param list<string> $ids
     * @param list<string> $uids
     * @return list<Person>
     */
    public function people(array $ids, array $uids): array;

    /** @return list<Person> friends, follows or buddies, each with a group; at most 2,000 */
    public function contacts(Person $me): array;

    /**
     * The rooms of which the user is a confirmed member; of these ids only, if there are ids.
     *
     * @param ?list<string> $ids
     * @return list<Room>
     */
    public function rooms(Person $me, ?array $ids = null): array;

    /** @return list<string> the ids of users whom the user ignores or who ignore the user, by the host's own lists */
    public function apart(Person $me): array;

    /** Writes the host's list of ignored users. False if the host has none: then the kit keeps it. */
    public function block(Person $me, string $id, bool $on): bool;

    /** The rank of a user: a moderator acts on lower ranks only. */
    public function rank(string $id): int;

    /** Bans a user. False if the host cannot: then the kit keeps it. */
    public function ban(Person $me, string $id, ?int $until, string $reason): bool;

    /**
     * Whether the user may do this: `chat`, `write`, `broadcast`, `edit`, `delete`, `react`, `upload`, `search`,
     * `report`, `moderate`, `xmpp`. Null if so; else words for the user.
     */
    public function may(Person $me, string $act, ?string $target = null): ?string;

    /** The host's word filter. Throws a Refusal to refuse. */
    public function edit(Person $me, string $body): string;

    /** Logs a user in, for the bar's own form; null if name or password is wrong. Only asked if Config allows it. */
    public function logIn(string $name, string $password): ?Person;

    /** @return list<array{text: string, link?: string, time: int}> the newest 50 notices of the host */
    public function notices(Person $me): array;

    /**
     * @return array{menu: list<array{title: string, url: string, icon?: string, shortcut?: bool}>,
     *     channels: list<array{id: string, nick: string, url?: string}>} the entries of the bar's menu, and the
     *     channels of news that the user wants; both may be empty
     */
    public function extras(Person $me): array;

    /** Writes to the host's log: no names, bodies, tickets or keys. */
    public function log(string $level, string $text): void;
}
