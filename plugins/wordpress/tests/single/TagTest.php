<?php

/*
 * The script tag, and the cookie that says who is logged in.
 *
 * Owns: on which pages they are, and with which bytes. Must not: need a browser.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class TagTest extends SiteCase
{
    public function testTheTagIsTheSameForEverybody(): void
    {
        $tags = array_map(fn(Visitor $visitor): ?string => $visitor->get('/')->tag(), [
            new Visitor(), Visitor::as('alice'), Visitor::as('admin'), Visitor::as('frank')]);
        self::assertCount(1, array_unique($tags));
        self::assertSame('<script src="' . getenv('WORLD_PUBLIC_URL') . '/webim.js" data-site="/?nextim={endpoint}"'
            . ' data-user-cookie="nextim_user" data-lang="en" data-login="' . home_url('/wp-login.php?redirect_to={page}')
            . '" data-no-optimize="1" data-noptimize="1" data-cfasync="false" defer></script>', $tags[0]);
    }

    public function testTheWayToTheLogInLeadsBack(): void
    {
        $page = home_url('/?p=1&x=%2F');
        $url = str_replace('{page}', rawurlencode($page), '/wp-login.php?redirect_to={page}');
        self::assertSame($page, (new Visitor())->logIn('alice', $url)->location);
    }

    public function testALanguageOfAUserDoesNotChangeIt(): void
    {
        update_user_meta(self::ALICE, 'locale', 'zh_CN');
        self::assertSame((new Visitor())->get('/')->tag(), Visitor::as('alice')->get('/')->tag());
        delete_user_meta(self::ALICE, 'locale');
    }

    /** @dataProvider oddPages */
    public function testSomePagesHaveNone(string $path): void
    {
        wp_insert_post(['post_title' => 'conform', 'post_name' => 'news', 'post_status' => 'publish', 'post_author' => 1]);
        $answer = Visitor::as('admin')->get(str_replace('{post}', (string) $this->post(), $path));
        self::assertSame(200, $answer->status);
        self::assertNull($answer->tag());
    }

    /** @return list<array{string}> */
    public static function oddPages(): array
    {
        return array_map(fn(string $path): array => [$path], ['/wp-admin/', '/wp-login.php', '/?p={post}&embed=true',
            '/?feed=rss2', '/?print=1', '/wp-admin/customize.php', '/?customize_changeset_uuid=4f1c2d6e-7a3b-4c5d-8e9f-0a1b2c3d4e5f'
            . '&customize_theme=world&customize_messenger_channel=preview-0']);
    }

    private function post(): int
    {
        return (int) get_posts(['name' => 'news', 'fields' => 'ids'])[0];
    }

    public function testWithoutAPublicUrlThereIsNone(): void
    {
        $this->set(['public_url' => '']);
        self::assertNull((new Visitor())->get('/')->tag());
    }

    public function testTheCookieFollowsTheSession(): void
    {
        $visitor = new Visitor();
        self::assertNull($visitor->get('/')->cookie('nextim_user'));
        // The page after the log-in may come from a cache.
        $cookie = (string) $visitor->logIn('alice')->cookie('nextim_user');
        self::assertMatchesRegularExpression('~^nextim_user=2; Path=/; SameSite=Lax; Expires=.+ GMT$~', $cookie);
        self::assertNull($visitor->get('/')->cookie('nextim_user'));
        $visitor->setCookie('nextim_user', '3');
        self::assertStringStartsWith('nextim_user=2;', (string) $visitor->get('/')->cookie('nextim_user'));
        $out = $visitor->get('/wp-login.php?action=logout&_wpnonce='
            . $visitor->get('/?world=log_out')->find('~name="_wpnonce" value="(\w+)"~'));
        self::assertStringContainsString('loggedout=true', $out->location);
        self::assertStringStartsWith('nextim_user=;', (string) $out->cookie('nextim_user'));
        self::assertNull($visitor->get('/')->cookie('nextim_user'));
    }

    public function testABannedUserIsToldSo(): void
    {
        $visitor = Visitor::as('frank');
        // Of a guest the bar would ask nothing.
        self::assertNull($visitor->get('/')->cookie('nextim_user'), 'the cookie of the log-in stays');
        $visitor->setCookie('nextim_user', '');
        self::assertMatchesRegularExpression('~^nextim_user=\d+;~', (string) $visitor->get('/')->cookie('nextim_user'));
        $answer = $visitor->call('online')->json();
        self::assertSame(['Forbidden', 'You may not do this.'], [$answer['error_msg'], $answer['error']]);
        self::assertSame(403, $visitor->call('message', ['to' => '3', 'body' => 'x'])->status);
    }

    public function testEndpointsAreNotCachedAndHaveNoTheme(): void
    {
        $alice = Visitor::as('alice');
        $this->file('notes', '');
        self::assertSame(200, $alice->call('online')->status);
        self::assertSame(200, $alice->get('/?nextim=buddies&ids=3')->status);
        $alice->get('/');
        self::assertSame([[false, false], [false, false], [true, true]], array_map(
            fn(array $note): array => [$note['isCached'], $note['hasTheme']],
            $this->notes(),
        ));
    }
}
