<?php

/*
 * A must-use plugin for the tests: friends, rooms, blocks and bans, through the filter `nextim_host`.
 *
 * Owns: its option `world`, which holds them all. Must not: be part of the plugin. It shows how a site brings its own
 * adapter.
 */

declare(strict_types=1);

use NextIM\WordPress\Host;
use NextIM\WordPress\Kit\Person;
use NextIM\WordPress\Kit\Room;

add_filter('nextim_is_member', fn(bool $is, WP_User $user): bool
    => $is && !in_array((string) $user->ID, world()['banned'], true), 10, 2);

add_filter('nextim_host', fn(object $own, object $options): object => new class ($options) extends Host {
    public function contacts(Person $me): array
    {
        return array_map(fn(Person $one): Person => new Person(
            $one->id,
            $one->uid,
            $one->nick,
            $one->url,
            $one->picUrl,
            group: 'friend',
        ), $this->people(world()['friends'][$me->id] ?? [], []));
    }

    public function rooms(Person $me, ?array $ids = null): array
    {
        $rooms = [];
        foreach (world()['rooms'] as $id => [$nick, $members]) {
            if (in_array($me->id, $members, true) && ($ids === null || in_array((string) $id, $ids, true))) {
                $rooms[] = new Room((string) $id, $nick, count($members));
            }
        }
        return $rooms;
    }

    public function extras(Person $me): array
    {
        $channel = ['id' => 'channel:posts', 'nick' => 'Posts', 'url' => '/'];
        return ['menu' => [], 'channels' => in_array($me->id, world()['subscribed'], true) ? [$channel] : []];
    }
}, 10, 2);

/**
 * @return array{friends: array<string, list<string>>, rooms: array<string, array{string, list<string>}>,
 *     banned: list<string>, subscribed: list<string>}
 */
function world(): array
{
    global $wpdb;
    $kept = $wpdb->get_var("SELECT option_value FROM {$wpdb->options} WHERE option_name = 'world'");
    return json_decode((string) $kept, true) ?? ['friends' => [], 'rooms' => [], 'banned' => [], 'subscribed' => []];
}

// WordPress packs a file after the last exporter, for which it needs an extension of PHP.
add_filter('wp_privacy_personal_data_exporters', fn(array $all): array => $all + ['world' => [
    'exporter_friendly_name' => 'World', 'callback' => fn(): array => ['data' => [], 'done' => true]]], 99);

// A form to log out with: WordPress wants its nonce.
add_action('template_redirect', function (): void {
    if (isset($_GET['world'])) {
        wp_nonce_field('log-out');
        exit;
    }
});
