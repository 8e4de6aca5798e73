<?php

/*
 * A must-use plugin for the tests: a stand-in for BuddyPress, with the functions and hooks that the plugin uses.
 *
 * Owns: its option `world`, which holds friendships and groups. Must not: answer before `init`, as BuddyPress does not.
 */

declare(strict_types=1);

/** @return array{friends: array<string, list<string>>, rooms: array<string, array{string, list<string>}>} */
function world(): array
{
    global $wpdb;
    $kept = $wpdb->get_var("SELECT option_value FROM {$wpdb->options} WHERE option_name = 'world'");
    return json_decode((string) $kept, true) ?? ['friends' => [], 'rooms' => []];
}

function buddypress(): object
{
    return (object) ['version' => '14.0.0'];
}

function bp_is_active(string $component): bool
{
    return !in_array($component, (array) get_option('world_inactive', []), true);
}

/** @return list<int> */
function friends_get_friend_user_ids(int $user): array
{
    must_be_ready();
    return array_map(intval(...), world()['friends'][(string) $user] ?? []);
}

/**
 * @param array{user_id: int, show_hidden: bool, per_page: int, include: false|list<int>} $args
 * @return array{groups: list<object>, total: int}
 */
function groups_get_groups(array $args): array
{
    must_be_ready();
    $groups = [];
    foreach (world()['rooms'] as $id => [$name, $members]) {
        $isMine = in_array((string) $args['user_id'], $members, true) && ($args['show_hidden'] || $name !== 'Secret');
        // As in BuddyPress, a list without entries is no condition.
        if ($isMine && (empty($args['include']) || in_array((int) $id, $args['include'], true))) {
            $groups[] = (object) ['id' => (int) $id, 'name' => esc_html($name), 'total_member_count' => count($members)];
        }
    }
    return ['groups' => array_slice($groups, 0, $args['per_page']), 'total' => count($groups)];
}

function bp_members_get_user_url(int $user): string
{
    must_be_ready();
    return home_url("/members/$user/");
}

function bp_get_group_url(object $group): string
{
    must_be_ready();
    return esc_url(home_url("/?bp_groups=1&bp_group=$group->id"));
}

function must_be_ready(): void
{
    if (did_action('init') === 0) {
        throw new LogicException('BuddyPress is not ready before init');
    }
}
