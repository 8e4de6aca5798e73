<?php

/*
 * A network of sites for which the plugin is activated: one chat.
 *
 * Owns: where its tables, endpoints, cookies and settings are. Must not: test what a single site has, too.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class NetworkTest extends SiteCase
{
    private const SETTINGS = '/wp-admin/network/settings.php?page=nextim';

    public function testTheTablesAreThoseOfTheMainSite(): void
    {
        Visitor::as('alice')->get('/two/');
        self::assertSame(['wp_nextim_messages'], $this->tables());
    }

    public function testAllPagesHaveTheSameTagButForTheWayToTheLogIn(): void
    {
        $tag = (string) (new Visitor())->get('/')->tag();
        self::assertStringContainsString(' data-site="/?nextim={endpoint}" ', $tag);
        $onTwo = (string) Visitor::as('alice')->get('/two/')->tag();
        self::assertSame($tag, str_replace('/two/wp-login.php', '/wp-login.php', $onTwo));
    }

    public function testTheMainSiteAnswersForAll(): void
    {
        $visitor = new Visitor();
        $cookie = (string) $visitor->logIn('alice', '/two/wp-login.php')->cookie('nextim_user');
        self::assertStringStartsWith('nextim_user=2; Path=/;', $cookie);
        self::assertTrue($visitor->call('online')->json()['success']);
        $other = new Visitor('/two/?nextim=');
        $other->logIn('bob');
        self::assertSame(404, $other->call('online')->status);
        // Who is a member of one site alone is a member of the chat.
        self::assertTrue(Visitor::as('dave')->call('online')->json()['success']);
        self::assertSame([200, 200], [$visitor->call('message', ['to' => '5', 'body' => 'x'])->status,
            Visitor::as('bob')->call('message', ['to' => '2', 'body' => 'x'])->status]);
    }

    public function testALogOutOnAnySiteEndsTheChat(): void
    {
        // With another log-in the end of this one is not the end of all.
        Visitor::as('alice');
        $alice = Visitor::as('alice');
        $ticket = $alice->call('online')->json()['connection']['ticket'];
        $nonce = $alice->get('/two/?world=log_out')->find('~name="_wpnonce" value="(\w+)"~');
        $out = $alice->get("/two/wp-login.php?action=logout&_wpnonce=$nonce");
        self::assertSame([$ticket], array_column($this->told('/presences/offline'), 'ticket'));
        self::assertStringStartsWith('nextim_user=; Path=/;', (string) $out->cookie('nextim_user'));
    }

    public function testAUserWhoLeavesASiteIsNotErased(): void
    {
        global $wpdb;
        Visitor::as('carol')->call('message', ['to' => '2', 'body' => 'Hello']);
        require_once ABSPATH . 'wp-admin/includes/user.php';
        switch_to_blog(2);
        wp_delete_user(self::CAROL);
        restore_current_blog();
        self::assertSame(['Hello'], $wpdb->get_col("SELECT body FROM {$wpdb->base_prefix}nextim_messages"));
        add_user_to_blog(2, self::CAROL, 'subscriber');
    }

    public function testChatPasswordsAreMadeOnAnySiteByTheRolesOfTheMainOne(): void
    {
        $page = '/two/wp-admin/profile.php';
        $alice = Visitor::as('alice');
        $nonce = $alice->get($page)->find('~name="nextim_nonce" value="(\w+)"~');
        $alice->post($page, ['nextim_chat_passwords' => 'make', 'nextim_device' => 'Alices phone', 'nextim_nonce' => $nonce]);
        self::assertStringContainsString('Alices phone', $alice->get('/wp-admin/profile.php')->body);
        $onTwo = new \WP_User(self::ALICE, '', 2);
        $onTwo->set_role('author');
        $this->set(['xmpp_roles' => 'author']);
        self::assertStringNotContainsString('nextim-chat-passwords', $alice->get($page)->body);
        $onTwo->set_role('subscriber');
    }

    public function testASpammerIsGone(): void
    {
        $carol = Visitor::as('carol');
        $carol->call('online');
        wp_update_user(['ID' => self::CAROL, 'spam' => '1']);
        try {
            self::assertContains('4', array_column($this->told('/presences/offline'), 'name'));
            self::assertSame('Forbidden', $carol->call('online')->json()['error_msg']);
        } finally {
            wp_update_user(['ID' => self::CAROL, 'spam' => '0']);
        }
    }

    public function testTheSettingsAreInTheAdminOfTheNetwork(): void
    {
        $admin = Visitor::as('admin');
        $page = $admin->get(self::SETTINGS);
        self::assertStringContainsString('undelivered_url = &quot;' . getenv('WORLD_URL') . '/?nextim=undelivered', $page->body);
        self::assertSame(403, $admin->get('/wp-admin/options-general.php?page=nextim')->status);
        self::assertSame(403, Visitor::as('alice')->get(self::SETTINGS)->status);
        $nonce = $page->find('~name="_wpnonce" value="(\w+)"~');
        $sent = $admin->post('/wp-admin/admin-post.php', ['action' => 'nextim_save', 'domain' => 'all-sites',
            'server' => 'http://127.0.0.1:8000', '_wpnonce' => $nonce]);
        self::assertSame(getenv('WORLD_URL') . self::SETTINGS . '&saved=1', $sent->location);
        wp_cache_flush();
        self::assertSame('all-sites', get_site_option('nextim')['domain']);
    }

    public function testCronIsTheMainSites(): void
    {
        self::assertNotFalse(wp_next_scheduled('nextim_prune'));
        switch_to_blog(2);
        $other = wp_next_scheduled('nextim_prune');
        restore_current_blog();
        self::assertFalse($other);
    }

    public function testDeactivationAndDeletion(): void
    {
        $alice = Visitor::as('alice');
        $alice->call('online');
        $this->wp('deactivate');
        self::assertSame(['2'], array_column($this->told('/presences/offline'), 'name'));
        self::assertNull($alice->get('/two/')->tag());
        $this->wp('activate');
        self::assertTrue(Visitor::as('alice')->call('online')->json()['success']);
        $this->wp('uninstall');
        self::assertSame([false, ['wp_nextim_messages']], [get_site_option('nextim'), $this->tables()]);
        $this->wp('uninstall', 'purge');
        self::assertSame([], $this->tables());
        $this->wp('activate');
    }
}
