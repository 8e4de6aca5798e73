<?php

/*
 * The members of a site with BuddyPress.
 *
 * Owns: friends and groups by BuddyPress. Must not: run before `init`, when BuddyPress is not ready.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

use NextIM\Site\Person;
use NextIM\Site\Room;

final class BuddyPress extends Host
{
    private const FRIENDS = 2000;
    private const ROOMS = 500;

    public static function isThere(): bool
    {
        return function_exists('buddypress') && function_exists('bp_is_active');
    }

    public function contacts(Person $me): array
    {
        if (!bp_is_active('friends')) {
            return parent::contacts($me);
        }
        return $this->persons(self::kept($this->readFriends((int) $me->id)));
    }

    /**
     * Friends, with the users whom the request names in the same query. By BuddyPress's functions it would be three.
     *
     * @return list<int> the friends
     */
    private function readFriends(int $me): array
    {
        global $wpdb;
        [$table, $users] = [buddypress()->friends->table_name, $wpdb->users];
        [$named, $most] = [implode(',', $this->alongside), self::FRIENDS];
        $among = $this->areThoseEnough ? 'AND u.ID IN (' . ($named === '' ? '0' : $named) . ')' : '';
        $friends = fn(string $one, string $other): string => "(SELECT u.*, 1 AS is_friend FROM $table f JOIN $users u"
            . " ON u.ID = f.$other WHERE f.$one = $me AND f.is_confirmed = 1 $among LIMIT $most)";
        $rows = $wpdb->get_results(implode(' UNION ALL ', [
            $friends('initiator_user_id', 'friend_user_id'),
            $friends('friend_user_id', 'initiator_user_id'),
            ...($named === '' ? [] : ["(SELECT u.*, 0 FROM $users u WHERE u.ID IN ($named))"]),
        ]));
        $found = [];
        foreach ($rows as $row) {
            if ($row->is_friend) {
                $found[] = (int) $row->ID;
            }
            unset($row->is_friend);
            update_user_caches($row);
        }
        update_meta_cache('user', array_unique(array_column($rows, 'ID')));
        $this->alongside = [];
        return array_slice($found, 0, $most);
    }

    public function rooms(Person $me, ?array $ids = null): array
    {
        if (!bp_is_active('groups') || !$this->options->all()['rooms']) {
            return [];
        }
        $wanted = self::numbers($ids ?? []);
        return $wanted === [] && $ids !== null ? [] : array_map(function (object $group): Room {
            $name = html_entity_decode(stripslashes((string) $group->name), ENT_QUOTES, 'UTF-8');
            return new Room((string) $group->id, $name, (int) $group->members, self::link($group));
        }, self::groups((int) $me->id, $wanted));
    }

    /**
     * The groups of which a user is a confirmed member, hidden ones, too. BuddyPress's function takes four queries, and
     * answers from its cache when it is asked for what has changed meanwhile.
     *
     * @param list<int> $wanted some of them; all if there are none
     * @return list<object>
     */
    private static function groups(int $me, array $wanted): array
    {
        global $wpdb;
        $bp = buddypress()->groups;
        $among = $wanted === [] ? '' : 'AND g.id IN (' . implode(',', $wanted) . ')';
        // BuddyPress keeps the number of members beside the group, once it has counted them.
        return $wpdb->get_results("SELECT g.*, COALESCE((SELECT gm.meta_value FROM $bp->table_name_groupmeta gm
                WHERE gm.group_id = g.id AND gm.meta_key = 'total_member_count' LIMIT 1), (SELECT COUNT(*)
                FROM $bp->table_name_members c WHERE c.group_id = g.id AND c.is_confirmed = 1 AND c.is_banned = 0))
                AS members FROM $bp->table_name_members m JOIN $bp->table_name g ON g.id = m.group_id
            WHERE m.user_id = $me AND m.is_confirmed = 1 AND m.is_banned = 0 $among
            ORDER BY g.date_created DESC, g.id LIMIT " . self::ROOMS);
    }

    /** Without BuddyPress's mark of a spammer or of an address that was never confirmed. */
    protected function isMember(\WP_User $user): bool
    {
        return (int) $user->user_status === 0 && parent::isMember($user);
    }

    /** The functions for addresses have other names since version 12. */
    protected function url(\WP_User $user): string
    {
        return (string) (function_exists('bp_members_get_user_url')
            ? bp_members_get_user_url($user->ID)
            : bp_core_get_user_domain($user->ID));
    }

    private static function link(object $group): string
    {
        // It is escaped for a page.
        return html_entity_decode((string) (function_exists('bp_get_group_url')
            ? bp_get_group_url($group)
            : bp_get_group_permalink($group)), ENT_QUOTES, 'UTF-8');
    }
}
