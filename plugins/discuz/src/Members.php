<?php

/*
 * The members of a forum, and how one of them stands to others.
 *
 * Owns: who is a member, and the queries for members, with friends and the blacklist beside them. Must not: decide who
 * is logged in.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

final class Members
{
    public const FIELDS = 'm.uid, m.username, m.status, m.groupid, m.groupexpiry, m.freeze, m.adminid';
    /** Banned from writing, banned from visiting, banned by address, not yet verified. */
    private const BANNED = [4, 5, 6];
    private const UNVERIFIED = 8;

    public function __construct(private readonly Options $options)
    {
    }

    /**
     * Those of these members that there are.
     *
     * @param string $me 0 if nobody asks
     * @param list<string> $ids
     * @return list<array<string, mixed>> rows, as `related` has them
     */
    public function named(string $me, array $ids): array
    {
        $wanted = array_values(array_unique(array_filter($ids, self::isNumber(...))));
        return $wanted === [] ? [] : $this->related($me, 'm.uid IN (%n)', [$wanted], '');
    }

    /** @return list<array<string, mixed>> rows, as `related` has them */
    public function friends(string $me): array
    {
        return $this->related($me, 'f.gid IS NOT NULL', [], ' ORDER BY f.num DESC, f.dateline DESC LIMIT 2000');
    }

    /**
     * Members in the groups that may chat. Each has the group of friends, `gid`, if a friend; and `blocked` and
     * `blocker`, if one of the two has the other in the blacklist.
     *
     * @param list<mixed> $values
     * @return list<array<string, mixed>>
     */
    private function related(string $me, string $which, array $values, string $end): array
    {
        $groups = $this->options->all()['groups'];
        $sql = 'SELECT ' . self::FIELDS . ', f.gid, mine.buid AS blocked, theirs.uid AS blocker FROM %t m'
            . ' LEFT JOIN %t f ON f.uid = %d AND f.fuid = m.uid LEFT JOIN %t mine ON mine.uid = %d'
            . ' AND mine.buid = m.uid LEFT JOIN %t theirs ON theirs.uid = m.uid AND theirs.buid = %d'
            . " WHERE $which" . ($groups === [] ? '' : ' AND m.groupid IN (%n)') . $end;
        return array_values(\DB::fetch_all($sql, ['common_member', 'home_friend', $me, 'home_blacklist', $me,
            'home_blacklist', $me, ...$values, ...($groups === [] ? [] : [$groups])]));
    }

    /** A ban that has ended holds until the member's next page, where Discuz lifts it. @param array<string, mixed> $row */
    public static function isMember(array $row): bool
    {
        $hasEnded = $row['groupexpiry'] > 0 && $row['groupexpiry'] < TIMESTAMP;
        $isBanned = in_array((int) $row['groupid'], self::BANNED, true) && !$hasEnded;
        return !$isBanned && (int) $row['groupid'] !== self::UNVERIFIED && (int) $row['status'] !== -1
            && (int) $row['freeze'] === 0;
    }

    public static function isNumber(string $id): bool
    {
        return preg_match('/^[1-9]\d{0,8}$/D', $id) === 1;
    }
}
