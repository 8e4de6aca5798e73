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
    public static function isThere(): bool
    {
        return function_exists('buddypress') && function_exists('bp_is_active');
    }

    public function contacts(Person $me): array
    {
        if (!bp_is_active('friends')) {
            return parent::contacts($me);
        }
        $ids = array_slice(array_map(strval(...), (array) friends_get_friend_user_ids((int) $me->id)), 0, 2000);
        return $this->people(array_values($ids), []);
    }

    public function rooms(Person $me, ?array $ids = null): array
    {
        if (!bp_is_active('groups') || !$this->options->all()['rooms']) {
            return [];
        }
        // Only confirmed members are in this list, of hidden groups, too.
        $found = groups_get_groups(['user_id' => (int) $me->id, 'show_hidden' => true, 'per_page' => 500,
            'include' => $ids === null ? false : array_map(intval(...), $ids)]);
        $rooms = [];
        foreach ($found['groups'] ?? [] as $group) {
            $id = (string) $group->id;
            if ($ids === null || in_array($id, $ids, true)) {
                $members = (int) ($group->total_member_count ?? 0);
                $name = html_entity_decode((string) $group->name, ENT_QUOTES, 'UTF-8');
                $rooms[] = new Room($id, $name, $members, self::link($group));
            }
        }
        return $rooms;
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
