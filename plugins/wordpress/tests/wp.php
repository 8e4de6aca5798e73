<?php

/*
 * Commands for the tests of the plugin in a real WordPress: `wp.php COMMAND [ARGUMENTS]`.
 *
 * Owns: installing WordPress, the world of the tests, and its events. Must not: run in a site that is in use.
 */

declare(strict_types=1);

[, $command] = $argv;
$arguments = array_slice($argv, 2);
define('WP_INSTALLING', $command === 'install');
$command === 'install' && define('WORLD_INSTALLS', true);
require __DIR__ . '/load.php';

const USERS = ['alice' => 'Alice', 'bob' => 'Bob "the" O\'Neil', 'carol' => 'Carol', 'dave' => 'Dave', 'erin' => 'Erin',
    'frank' => 'Frank', 'admin' => 'Admin'];

/** @param array<string, mixed> $world */
function keep(array $world): void
{
    global $wpdb;
    $row = ['option_name' => 'world', 'option_value' => wp_json_encode($world), 'autoload' => 'no'];
    $wpdb->replace($wpdb->options, $row);
    do_action('world_made');
}

/** The same list with or without an entry. */
function put(array $list, string $entry, bool $on): array
{
    return array_values($on ? array_unique([...$list, $entry]) : array_diff($list, [$entry]));
}

function must(mixed $result): void
{
    if (is_wp_error($result)) {
        fwrite(STDERR, "{$result->get_error_message()}\n");
        exit(1);
    }
}

function plugin(): \NextIM\WordPress\Plugin
{
    return new \NextIM\WordPress\Plugin(WP_PLUGIN_DIR . '/nextim/nextim.php');
}

switch ($command) {
    case 'install':
        require_once ABSPATH . 'wp-admin/includes/upgrade.php';
        wp_install('World', 'root', 'root@example.org', true, '', 'nextim');
        foreach (USERS as $login => $nick) {
            wp_insert_user(['user_login' => $login, 'user_pass' => 'nextim', 'user_email' => "$login@example.org",
                'display_name' => $nick, 'role' => $login === 'admin' ? 'administrator' : 'subscriber']);
        }
        switch_theme('world');
        if (getenv('WORLD_SITES')) {
            foreach ($wpdb->tables('ms_global') as $name => $table) {
                $wpdb->$name = $table;
            }
            install_network();
            $host = substr((string) getenv('WORLD_URL'), strlen('http://'));
            populate_network(1, $host, 'root@example.org', 'World');
        }
        break;
    case 'found':
        // The second site of a network. All users but dave are its members.
        $site = wp_insert_site(['domain' => get_network()->domain, 'path' => '/two/', 'network_id' => 1, 'user_id' => 1,
            'title' => 'Two']);
        must($site);
        // WordPress takes the colon of the port away.
        $wpdb->update($wpdb->blogs, ['domain' => get_network()->domain], ['blog_id' => $site]);
        clean_blog_cache($site);
        foreach (array_diff(array_keys(USERS), ['dave']) as $login) {
            add_user_to_blog($site, get_user_by('login', $login)->ID, 'subscriber');
        }
        switch_to_blog($site);
        switch_theme('world');
        update_option('home', getenv('WORLD_URL') . '/two');
        update_option('siteurl', getenv('WORLD_URL') . '/two');
        break;
    case 'activate':
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        must(activate_plugin('nextim/nextim.php', '', getenv('WORLD_SITES') === 'network'));
        $options = ['server' => getenv('WORLD_IM'), 'domain' => getenv('WORLD_DOMAIN'),
            'public_url' => getenv('WORLD_PUBLIC_URL') ?: 'https://im.example', 'strangers' => true, 'channels' => true,
            'jsonp_origins' => 'http://www.example', 'xmpp' => true, 'xmpp_domain' => 'login.example'];
        getenv('WORLD_SITES') === 'network' ? update_site_option('nextim', $options) : update_option('nextim', $options);
        break;
    case 'deactivate':
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        deactivate_plugins('nextim/nextim.php');
        break;
    case 'uninstall':
        // As the list of plugins does it, but that the files stay.
        require_once ABSPATH . 'wp-admin/includes/plugin.php';
        ($arguments[0] ?? '') === 'purge' && define('NEXTIM_PURGE', true);
        deactivate_plugins('nextim/nextim.php');
        uninstall_plugin('nextim/nextim.php');
        break;
    case 'reset':
        global $wpdb;
        foreach (\NextIM\WordPress\Kit\Store::TABLES as $table) {
            $which = $table === 'meta' ? "name <> 'schema'" : '1';
            $wpdb->query("DELETE FROM {$wpdb->prefix}nextim_$table WHERE $which");
        }
        $wpdb->query("DELETE FROM {$wpdb->usermeta} WHERE meta_key = 'session_tokens'");
        $wpdb->query("DELETE FROM {$wpdb->posts} WHERE post_title LIKE 'conform%'");
        $id = fn(string $login): string => (string) get_user_by('login', $login)->ID;
        [$alice, $bob, $carol] = array_map($id, ['alice', 'bob', 'carol']);
        keep(['friends' => [$alice => [$bob, $carol], $bob => [$alice], $carol => [$alice]], 'subscribed' => [],
            'rooms' => ['1' => ['Walkers', [$alice, $bob]], '2' => ['Secret', [$bob]]], 'banned' => [$id('frank')]]);
        $wpdb->insert("{$wpdb->prefix}nextim_blocks", ['user' => $alice, 'blocked' => $id('erin')]);
        break;
    case 'befriend':
    case 'unfriend':
        [$one, $other] = $arguments;
        $world = world();
        foreach ([[$one, $other], [$other, $one]] as [$a, $b]) {
            $world['friends'][$a] = put($world['friends'][$a] ?? [], $b, $command === 'befriend');
        }
        keep($world);
        $command === 'unfriend' && do_action('friends_friendship_post_delete', (int) $one, (int) $other);
        break;
    case 'join':
    case 'leave':
        [$one, $room] = $arguments;
        $world = world();
        $world['rooms'][$room][1] = put($world['rooms'][$room][1], $one, $command === 'join');
        keep($world);
        do_action($command === 'join' ? 'groups_join_group' : 'groups_leave_group', (int) $room, (int) $one);
        break;
    case 'ban':
        keep(['banned' => put(world()['banned'], $arguments[0], true)] + world());
        do_action('make_spam_user', (int) $arguments[0]);
        break;
    case 'log_out_everywhere':
        WP_Session_Tokens::get_instance((int) $arguments[0])->destroy_all();
        break;
    case 'revoke_chat_passwords':
        $chat = plugin()->handler();
        [$me] = $chat->site->host->people([$arguments[0]], []);
        foreach ($chat->chatPasswords()->of($me) as ['id' => $id]) {
            $chat->chatPasswords()->revoke($me, $id);
        }
        break;
    case 'subscribe':
        keep(['subscribed' => put(world()['subscribed'], $arguments[0], true)] + world());
        break;
    case 'post':
        wp_insert_post(['post_title' => $arguments[0], 'post_status' => 'publish', 'post_author' => 1]);
        break;
    case 'fill':
        [$from, $to, $type, $count] = $arguments;
        $archive = new \NextIM\WordPress\Kit\Archive(new \NextIM\WordPress\Kit\Store(plugin()->db));
        $nick = get_userdata((int) $from)->display_name;
        for ($number = 0; $number < (int) $count; $number++) {
            $sender = new \NextIM\WordPress\Kit\Person($from, $from, $nick);
            $archive->add($sender, $type, $to, "m$number", '', null, null, (int) (microtime(true) * 1000));
        }
        break;
    case 'ids':
        foreach (array_keys(USERS) as $login) {
            echo $login, ' ', get_user_by('login', $login)->ID, "\n";
        }
}
