<?php

/*
 * Users, and how one user stands to them.
 *
 * Owns: what a host answers to a request that names users. Must not: be changed.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Relations
{
    /**
     * @param list<Person> $people the users that were asked for
     * @param list<Person> $contacts the contacts that were wanted, each with a group; there may be more of them
     * @param list<string> $apart as `Host::apart` has them; those beside the two others may be left out
     */
    public function __construct(
        public readonly array $people,
        public readonly array $contacts,
        public readonly array $apart,
    ) {
    }

    /**
     * By one question, if the host has one for all; else by three.
     *
     * @param list<string> $ids
     * @param list<string> $uids
     */
    public static function of(Host $host, Person $me, array $ids, array $uids, Wanted $contacts): self
    {
        if ($host instanceof RelationsHost) {
            return $host->relations($me, $ids, $uids, $contacts);
        }
        $found = $contacts === Wanted::Nobody ? [] : $host->contacts($me);
        return new self($ids === [] ? [] : $host->people($ids, $uids), $found, $host->apart($me));
    }
}
