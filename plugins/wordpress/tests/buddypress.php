<?php

/*
 * A must-use plugin for the tests: a stand-in for BuddyPress, with the tables, functions and hooks that the plugin uses.
 *
 * Owns: those columns of BuddyPress's tables that the plugin reads; `world_made` makes them new from the option `world`,
 * which holds friendships and groups. Must not: answer before `init`, as BuddyPress does not.
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
    global $wpdb;
    must_be_ready();
    $named = fn(string $table): string => "{$wpdb->base_prefix}bp_$table";
    return (object) ['version' => '14.0.0', 'friends' => (object) ['table_name' => $named('friends')],
        'groups' => (object) ['table_name' => $named('groups'), 'table_name_members' => $named('groups_members'),
        'table_name_groupmeta' => $named('groups_groupmeta')]];
}

add_action('world_made', function (): void {
    global $wpdb;
    $bp = buddypress();
    $groups = $bp->groups;
    $columns = [$bp->friends->table_name => 'initiator_user_id BIGINT, friend_user_id BIGINT, is_confirmed TINYINT',
        $groups->table_name => 'id BIGINT, name VARCHAR(100), slug VARCHAR(200), date_created DATETIME',
        $groups->table_name_members => 'group_id BIGINT, user_id BIGINT, is_confirmed TINYINT, is_banned TINYINT',
        $groups->table_name_groupmeta => 'group_id BIGINT, meta_key VARCHAR(255), meta_value LONGTEXT'];
    foreach ($columns as $table => $definition) {
        $wpdb->query("DROP TABLE IF EXISTS $table");
        $wpdb->query("CREATE TABLE $table ($definition)");
    }
    ['friends' => $friends, 'rooms' => $rooms] = world();
    foreach ($friends as $one => $others) {
        // A friendship is one row, of the one who asked for it; a request that waits is one, too.
        foreach (array_filter($others, fn(string $other): bool => (int) $other > (int) $one) as $other) {
            $wpdb->insert($bp->friends->table_name, ['initiator_user_id' => $one, 'friend_user_id' => $other,
                'is_confirmed' => 1]);
        }
        $wpdb->insert($bp->friends->table_name, ['initiator_user_id' => $one, 'friend_user_id' => '5', 'is_confirmed' => 0]);
    }
    foreach ($rooms as $id => [$name, $members]) {
        $wpdb->insert($groups->table_name, ['id' => $id, 'name' => esc_html(addslashes($name)), 'slug' => "group-$id",
            'date_created' => gmdate('Y-m-d H:i:s', 3600 - (int) $id)]);
        foreach ($members as $member) {
            $wpdb->insert($groups->table_name_members, ['group_id' => $id, 'user_id' => $member, 'is_confirmed' => 1,
                'is_banned' => 0]);
        }
    }
});

function bp_is_active(string $component): bool
{
    return !in_array($component, (array) get_option('world_inactive', []), true);
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
