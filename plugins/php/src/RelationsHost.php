<?php

/*
 * A host whose database answers who the users are and how one user stands to them by few queries.
 *
 * Owns: that one question. Must not: answer otherwise than the questions of `Host` that it stands for: `people`,
 * `contacts` and `apart`.
 */

declare(strict_types=1);

namespace NextIM\Site;

interface RelationsHost extends Host
{
    /**
     * Those three at once, by two queries at most.
     *
     * @param list<string> $ids
     * @param list<string> $uids
     */
    public function relations(Person $me, array $ids, array $uids, Wanted $contacts): Relations;
}
