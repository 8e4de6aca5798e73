<?php

/*
 * What happens on the site, as the message server hears of it.
 *
 * Owns: the events of WordPress itself, made by its own functions. Must not: call a hook by hand.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class EventsTest extends SiteCase
{
    private int $user;

    protected function setUp(): void
    {
        parent::setUp();
        $this->user = (int) wp_insert_user(['user_login' => 'conform' . wp_rand(), 'user_pass' => 'nextim',
            'user_email' => wp_rand() . '@example.org', 'display_name' => 'Grace', 'role' => 'subscriber']);
        // Letters are not sent in tests.
        add_filter('pre_wp_mail', '__return_true');
    }

    protected function tearDown(): void
    {
        require_once ABSPATH . 'wp-admin/includes/user.php';
        get_userdata($this->user) === false || wp_delete_user($this->user);
        parent::tearDown();
    }

    private function assertEnded(int $times = 1): void
    {
        self::assertSame(array_fill(0, $times, ['name' => (string) $this->user]), array_map(
            fn(array $call): array => array_intersect_key($call, ['name' => 1, 'ticket' => 1]),
            $this->told('/presences/offline'),
        ));
    }

    public function testALogOutEndsItsOwnPages(): void
    {
        $alice = Visitor::as('alice');
        $ticket = $alice->call('online')->json()['connection']['ticket'];
        $other = Visitor::as('alice')->call('online')->json()['connection']['ticket'];
        $nonce = $alice->get('/?world=log_out')->find('~name="_wpnonce" value="(\w+)"~');
        $alice->get("/wp-login.php?action=logout&_wpnonce=$nonce");
        self::assertNotSame($ticket, $other);
        self::assertSame([$ticket], array_column($this->told('/presences/offline'), 'ticket'));
    }

    public function testANewPasswordEndsAllSessions(): void
    {
        reset_password(get_userdata($this->user), 'another');
        self::assertGreaterThan(0, count($this->told('/presences/offline')));
        self::assertSame([(string) $this->user], array_values(array_unique(array_column(
            $this->told('/presences/offline'),
            'name',
        ))));
        $this->file('calls', '');
        wp_update_user(['ID' => $this->user, 'user_pass' => 'a third']);
        $this->assertEnded();
        $this->file('calls', '');
        wp_update_user(['ID' => $this->user, 'display_name' => 'Grace H.']);
        $this->assertEnded(0);
    }

    public function testTheEndOfAllSessionsEndsAllPages(): void
    {
        \WP_Session_Tokens::get_instance($this->user)->create(time() + 60);
        \WP_Session_Tokens::get_instance($this->user)->destroy_all();
        $this->assertEnded();
    }

    public function testARoleThatMayNotChatEndsAllPages(): void
    {
        $this->set(['roles' => 'subscriber editor']);
        get_userdata($this->user)->set_role('editor');
        $this->assertEnded(0);
        get_userdata($this->user)->set_role('author');
        $this->assertEnded();
        self::assertNotContains('Grace', array_column((array) Visitor::as('alice')->call('buddies')->json(), 'nick'));
    }

    public function testADeletedUserIsErased(): void
    {
        global $wpdb;
        $login = get_userdata($this->user)->user_login;
        $grace = Visitor::as($login);
        self::assertSame(200, $grace->call('message', ['to' => '2', 'body' => 'A secret'])->status);
        $grace->call('setting', ['theme' => 'dark']);
        wp_delete_user($this->user);
        self::assertContains((string) $this->user, array_column($this->told('/presences/offline'), 'name'));
        $row = $wpdb->get_row("SELECT body, nick, deleted FROM {$wpdb->prefix}nextim_messages", ARRAY_A);
        self::assertSame(['body' => '', 'nick' => '', 'deleted' => '1'], $row);
        self::assertSame('0', $wpdb->get_var("SELECT COUNT(*) FROM {$wpdb->prefix}nextim_settings"));
    }

    public function testAPostIsNewsOnce(): void
    {
        $post = ['post_title' => 'conform &amp; news', 'post_author' => 1, 'post_content' => 'x'];
        $id = wp_insert_post($post + ['post_status' => 'draft']);
        wp_insert_post($post + ['post_status' => 'publish', 'post_type' => 'page']);
        wp_insert_post($post + ['post_status' => 'publish', 'post_password' => 'secret']);
        wp_insert_post($post + ['post_status' => 'private']);
        self::assertSame([], $this->told('/messages'));
        wp_publish_post($id);
        wp_update_post(['ID' => $id, 'post_content' => 'y']);
        $news = $this->told('/messages');
        self::assertCount(1, $news);
        self::assertSame(['channel:posts', 'multicast', 'World'], [$news[0]['to'], $news[0]['type'], $news[0]['nick']]);
        self::assertSame("conform & news\n" . get_permalink($id), $news[0]['body']);
    }

    public function testWithoutNewsThereIsNone(): void
    {
        $this->set(['channels' => false]);
        wp_insert_post(['post_title' => 'conform', 'post_author' => 1, 'post_status' => 'publish']);
        self::assertSame([], $this->told('/messages'));
        self::assertSame([], Visitor::as('alice')->call('online')->json()['channels']);
    }
}
