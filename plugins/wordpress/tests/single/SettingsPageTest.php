<?php

/*
 * The page of settings, as an administrator's browser gets it.
 *
 * Owns: who may change what, and that the key is not shown. Must not: test the words of the checks.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class SettingsPageTest extends SiteCase
{
    private const PAGE = '/wp-admin/options-general.php?page=nextim';
    private const FORM = ['action' => 'nextim_save', 'server' => 'http://127.0.0.1:8000/', 'strangers' => '1',
        'public_url' => 'https://im.example/', 'domain' => 'a "site"', 'apikey' => 'a new secret', 'days' => '-7',
        'roles' => ['editor', 'author'], 'jsonp_origins' => "https://a.example\nhttps://b.example", 'xmpp' => '1',
        'xmpp_domain' => ' Chat.Example ', 'xmpp_roles' => ['author']];

    public function testItSavesAndShowsAllButTheKey(): void
    {
        $admin = Visitor::as('admin');
        $nonce = $admin->get(self::PAGE)->find('~name="_wpnonce" value="(\w+)"~');
        $answer = $admin->post('/wp-admin/admin-post.php', self::FORM + ['_wpnonce' => $nonce]);
        self::assertSame(getenv('WORLD_URL') . self::PAGE . '&saved=1', $answer->location);
        wp_cache_flush();
        $kept = (array) get_option('nextim');
        self::assertSame(['server' => 'http://127.0.0.1:8000', 'public_url' => 'https://im.example',
            'domain' => 'a "site"', 'apikey' => 'a new secret', 'roles' => 'editor author', 'rooms' => false,
            'strangers' => true, 'channels' => false, 'days' => 0,
            'jsonp_origins' => "https://a.example\nhttps://b.example", 'xmpp' => true, 'xmpp_domain' => 'chat.example',
            'xmpp_roles' => 'author'], array_merge(array_fill_keys(['server', 'public_url', 'domain', 'apikey', 'roles',
            'rooms', 'strangers', 'channels', 'days', 'jsonp_origins', 'xmpp', 'xmpp_domain', 'xmpp_roles'], ''), $kept));
        $page = $admin->get(self::PAGE . '&saved=1')->body;
        self::assertStringNotContainsString('a new secret', $page);
        self::assertStringContainsString('name = &quot;a \&quot;site\&quot;&quot;', $page);
        $url = getenv('WORLD_URL') . '/?nextim=undelivered';
        self::assertStringContainsString("undelivered_url = &quot;$url&quot;", $page);
        self::assertStringContainsString('name="roles[]" value="editor" checked', $page);
        self::assertStringNotContainsString('value="subscriber" checked', $page);
        self::assertStringContainsString('name="xmpp_roles[]" value="author" checked', $page);
        self::assertStringNotContainsString('name="xmpp_roles[]" value="editor" checked', $page);
        $url = getenv('WORLD_URL') . '/?nextim=xmpp';
        self::assertStringContainsString("login_domain = &quot;chat.example&quot;\nsite_url = &quot;$url&quot;", $page);
        $admin->post('/wp-admin/admin-post.php', ['apikey' => '', '_wpnonce' => $nonce] + self::FORM);
        wp_cache_flush();
        self::assertSame('a new secret', ((array) get_option('nextim'))['apikey']);
    }

    public function testWithoutXmppThePageNamesNoGateway(): void
    {
        $this->set(['xmpp' => false]);
        self::assertStringNotContainsString('site_url', Visitor::as('admin')->get(self::PAGE)->body);
        foreach (['a b', 'a@b', 'https://a', '"a"'] as $odd) {
            $this->plugin()->options->save(['xmpp' => '1', 'xmpp_domain' => $odd]);
            self::assertSame('127.0.0.1', $this->plugin()->options->config()->xmpp, $odd);
        }
    }

    public function testOnlyAnAdministratorWithTheNonceMaySave(): void
    {
        $before = get_option('nextim');
        $nonce = Visitor::as('admin')->get(self::PAGE)->find('~name="_wpnonce" value="(\w+)"~');
        foreach (['alice' => $nonce, 'admin' => 'forged'] as $name => $sent) {
            $visitor = Visitor::as($name);
            self::assertSame(403, $visitor->post('/wp-admin/admin-post.php', self::FORM + ['_wpnonce' => $sent])->status);
        }
        self::assertSame(403, Visitor::as('alice')->get(self::PAGE)->status);
        wp_cache_flush();
        self::assertSame($before, get_option('nextim'));
    }

    public function testItTests(): void
    {
        $this->file('no-authorization', '');
        $page = Visitor::as('admin')->get(self::PAGE . '&test=1')->body;
        self::assertSame(3, substr_count($page, '<em>works</em>'));
        self::assertStringContainsString('CGIPassAuth On', $page);
        self::assertStringNotContainsString((string) getenv('NEXTIM_APIKEY'), $page);
        self::assertStringContainsString('The variable NEXTIM_APIKEY has the key', $page);
    }

    public function testThePluginListLeadsToIt(): void
    {
        $list = Visitor::as('admin')->get('/wp-admin/plugins.php')->body;
        self::assertStringContainsString('href="' . getenv('WORLD_URL') . self::PAGE . '"', $list);
    }

    /** @dataProvider languages */
    public function testItSpeaksChinese(string $locale, string $words): void
    {
        update_user_meta(self::ADMIN, 'locale', $locale);
        try {
            self::assertStringContainsString($words, Visitor::as('admin')->get(self::PAGE)->body);
        } finally {
            delete_user_meta(self::ADMIN, 'locale');
        }
    }

    /** @return list<array{string, string}> */
    public static function languages(): array
    {
        return [['zh_CN', '谁可以聊天'], ['zh_TW', '誰可以聊天']];
    }
}
