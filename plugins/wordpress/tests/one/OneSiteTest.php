<?php

/*
 * A network of sites of which the second alone has a chat.
 *
 * Owns: that it is that site's own. Must not: test what a single site has, too.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class OneSiteTest extends SiteCase
{
    private const CALLS = '/two/?nextim=';
    private const SETTINGS = '/two/wp-admin/options-general.php?page=nextim';

    public function testTheTablesAreItsOwn(): void
    {
        self::assertSame(['wp_2_nextim_messages'], $this->tables());
    }

    public function testOtherSitesHaveNoChat(): void
    {
        self::assertNull((new Visitor())->get('/')->tag());
        self::assertNull(Visitor::as('alice')->call('online')->json());
        self::assertStringContainsString(' data-site="/two/?nextim={endpoint}" ', (string) (new Visitor())->get('/two/')->tag());
    }

    public function testTheCookieIsForItsPath(): void
    {
        $cookie = (string) (new Visitor())->logIn('alice', '/two/wp-login.php')->cookie('nextim_user');
        self::assertStringStartsWith('nextim_user=2; Path=/two/;', $cookie);
        // After a log-in elsewhere its next page sets it.
        $cookie = (string) Visitor::as('alice')->get('/two/')->cookie('nextim_user');
        self::assertStringStartsWith('nextim_user=2; Path=/two/;', $cookie);
    }

    public function testOnlyItsMembersChat(): void
    {
        $alice = Visitor::as('alice', self::CALLS);
        self::assertTrue($alice->call('online')->json()['success']);
        self::assertSame('Forbidden', Visitor::as('dave', self::CALLS)->call('online')->json()['error_msg']);
        self::assertSame(404, $alice->call('message', ['to' => '5', 'body' => 'x'])->status);
        self::assertSame(200, $alice->call('message', ['to' => '3', 'body' => 'x'])->status);
    }

    public function testWhoLeavesTheSiteLeavesTheChat(): void
    {
        remove_user_from_blog(self::CAROL, 2);
        self::assertSame(['4'], array_column($this->told('/presences/offline'), 'name'));
        self::assertSame('Forbidden', Visitor::as('carol', self::CALLS)->call('online')->json()['error_msg']);
        add_user_to_blog(2, self::CAROL, 'subscriber');
        self::assertTrue(Visitor::as('carol', self::CALLS)->call('online')->json()['success']);
    }

    public function testALogOutEndsTheChat(): void
    {
        // With another log-in the end of this one is not the end of all.
        Visitor::as('alice');
        $alice = Visitor::as('alice', self::CALLS);
        $ticket = $alice->call('online')->json()['connection']['ticket'];
        $nonce = $alice->get('/two/?world=log_out')->find('~name="_wpnonce" value="(\w+)"~');
        $alice->get("/two/wp-login.php?action=logout&_wpnonce=$nonce");
        self::assertSame([$ticket], array_column($this->told('/presences/offline'), 'ticket'));
    }

    public function testChatPasswordsAreOnItsOwnPages(): void
    {
        $has = fn(string $name, string $page): bool => str_contains(Visitor::as($name)->get($page)->body, 'nextim_nonce');
        self::assertTrue($has('alice', '/two/wp-admin/profile.php'));
        self::assertFalse($has('alice', '/wp-admin/profile.php'));
    }

    public function testTheSettingsAreItsOwn(): void
    {
        $admin = Visitor::as('admin');
        $url = getenv('WORLD_URL') . '/two/?nextim=undelivered';
        self::assertStringContainsString("undelivered_url = &quot;$url", $admin->get(self::SETTINGS . '&test=1')->body);
        self::assertSame(4, substr_count($admin->get(self::SETTINGS . '&test=1')->body, '<em>works</em>'));
        self::assertSame(403, $admin->get('/wp-admin/network/settings.php?page=nextim')->status);
        self::assertSame(403, $admin->get('/wp-admin/options-general.php?page=nextim')->status);
        self::assertFalse(get_site_option('nextim'));
    }

    public function testDeletionIsOfEachSite(): void
    {
        $this->wp('uninstall');
        self::assertSame([false, ['wp_2_nextim_messages']], [get_option('nextim'), $this->tables()]);
        $this->wp('uninstall', 'purge');
        self::assertSame([], $this->tables());
        $this->wp('activate');
        self::assertSame(['wp_2_nextim_messages'], $this->tables());
    }
}
