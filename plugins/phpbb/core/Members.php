<?php

/*
 * The members of a board, and how one of them stands to others.
 *
 * Owns: who is a member, friends and foes. Must not: show bots, guests and users who are banned or not active.
 */

declare(strict_types=1);

namespace nextim\bar\core;

use NextIM\Site\Person;
use NextIM\Site\Relations;
use phpbb\db\driver\driver_interface;

final class Members
{
    private const FRIENDS = 2000;

    public function __construct(
        private readonly driver_interface $db,
        private readonly Queries $queries,
        private readonly Options $options,
        private readonly Board $board,
    ) {
    }

    /**
     * These users, and perhaps all friends, by one query, in which each comes with both lists: the user's own, and that
     * of the other side.
     *
     * @param int $me 0 if nobody asks
     * @param list<int> $named
     */
    public function relations(int $me, array $named, bool $withFriends): Relations
    {
        $rows = $this->rows($me, $named, $withFriends);
        $those = fn(callable $is): array => array_column(array_filter($rows, $is), null, 'user_id');
        $shown = fn(array $rows, string $group): array => array_map(
            fn(array $row): Person => $this->person($row, $group),
            array_values($rows),
        );
        $apart = $those(fn(array $row): bool => (int) $row['foe'] === 1 || (int) $row['is_foe_of'] === 1);
        return new Relations(
            $shown($those(fn(array $row): bool => in_array((int) $row['user_id'], $named, true)), ''),
            $shown($those(fn(array $row): bool => (int) $row['friend'] === 1), 'friend'),
            array_map(strval(...), array_keys($apart)),
        );
    }

    /**
     * Two halves, not one condition with an OR, for which a database would read all users.
     *
     * @param list<int> $named
     * @return list<array<string, mixed>>
     */
    private function rows(int $me, array $named, bool $withFriends): array
    {
        $tables = USERS_TABLE . ' u LEFT JOIN ' . ZEBRA_TABLE . " mine ON (mine.user_id = $me"
            . ' AND mine.zebra_id = u.user_id) LEFT JOIN ' . ZEBRA_TABLE . ' theirs ON (theirs.user_id = u.user_id'
            . " AND theirs.zebra_id = $me)";
        $half = fn(string $where): string => 'SELECT u.user_id, u.username, u.username_clean, u.user_type,
            u.user_avatar, u.user_avatar_type, u.user_avatar_width, u.user_avatar_height,
            COALESCE(mine.friend, 0) AS friend, COALESCE(mine.foe, 0) AS foe, COALESCE(theirs.foe, 0) AS is_foe_of
            FROM ' . "$tables WHERE {$this->areMembers()} AND {$this->areFree()} AND $where";
        $halves = [
            ...($named === [] ? [] : [$half($this->db->sql_in_set('u.user_id', $named))]),
            ...($withFriends ? [$half('mine.friend = 1')] : []),
        ];
        $most = count($named) + self::FRIENDS;
        return $halves === [] ? []
            : $this->queries->rows(implode(' UNION ALL ', $halves) . ' ORDER BY username_clean', $most);
    }

    /** @return list<string> foes, either way */
    public function apart(int $me): array
    {
        $rows = $this->queries->rows('SELECT user_id, zebra_id FROM ' . ZEBRA_TABLE
            . " WHERE foe = 1 AND (user_id = $me OR zebra_id = $me)");
        $other = fn(array $row): string
            => (string) ((int) $row['user_id'] === $me ? $row['zebra_id'] : $row['user_id']);
        return array_values(array_unique(array_map($other, $rows)));
    }

    public function areMembers(): string
    {
        return $this->db->sql_in_set('u.user_type', [USER_NORMAL, USER_FOUNDER]);
    }

    /** Not banned by their names. */
    private function areFree(): string
    {
        $ban = fn(int $exclude): string => 'EXISTS (SELECT 1 FROM ' . BANLIST_TABLE . " b WHERE b.ban_userid = u.user_id
            AND b.ban_exclude = $exclude AND (b.ban_end = 0 OR b.ban_end > " . time() . '))';
        return '(u.user_type = ' . USER_FOUNDER . ' OR NOT ' . $ban(0) . ' OR ' . $ban(1) . ')';
    }

    /** @param array<string, mixed> $row */
    public function person(array $row, string $group, string $session = '', ?int $expires = null): Person
    {
        $id = (string) $row['user_id'];
        $url = $this->options->link("memberlist.php?mode=viewprofile&u=$id");
        $picture = $this->board->picture($row, 'user');
        return new Person($id, $id, Board::plain($row['username']), $url, $picture, '', $group, $session, $expires);
    }

    /**
     * @param list<string> $ids
     * @return list<int> those that are a number of a user or a group, each once
     */
    public static function numbers(array $ids): array
    {
        $isNumber = fn(string $id): bool => preg_match('/^[1-9]\d{0,8}$/D', $id) === 1;
        return array_values(array_unique(array_map(intval(...), array_filter($ids, $isNumber))));
    }
}
