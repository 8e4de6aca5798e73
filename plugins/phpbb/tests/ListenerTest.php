<?php

/*
 * Tests of what the plugin adds to phpBB's pages and sessions.
 *
 * Owns: the tag, the cookie, the permission, and calls of the bar before they are routed. Must not: test events.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use nextim\bar\event\listener;

final class ListenerTest extends BoardCase
{
    private listener $listener;

    protected function setUp(): void
    {
        parent::setUp();
        $this->make();
    }

    private function make(): void
    {
        $this->listener = new class (
            $this->plugin,
            $this->call,
            $this->user,
            $this->config,
            $this->template,
            $this->request,
        ) extends listener {
            /** @var list<string> */
            public array $sent = [];

            protected function send(string $header): void
            {
                $this->sent[] = $header;
            }
        };
    }

    /** The tag of a page. */
    private function tag(): ?string
    {
        $this->listener->page();
        return $this->template->vars['NEXTIM_TAG'] ?? null;
    }

    public function testTheTagIsTheSameForEverybody(): void
    {
        $expected = '<script src="https://im.example/webim.js" data-site="/forum/app.php/nextim/{endpoint}"'
            . ' data-user-cookie="nextim_user" data-login="/forum/ucp.php?mode=login&amp;redirect={page}"'
            . ' data-lang="en" defer></script>';
        self::assertSame($expected, $this->tag());
        $this->logIn();
        self::assertSame($expected, $this->tag());
    }

    public function testWithRewritingTheEndpointsHaveNoScript(): void
    {
        $this->routes->front = '/forum';
        self::assertStringContainsString('data-site="/forum/nextim/{endpoint}"', (string) $this->tag());
    }

    /** @dataProvider languages */
    public function testTheLanguageIsThatOfThePage(string $name, string $expected): void
    {
        $this->user->lang_name = $name;
        self::assertStringContainsString("data-lang=\"$expected\"", (string) $this->tag());
    }

    /** @return list<array{string, string}> */
    public static function languages(): array
    {
        return [['en_us', 'en'], ['de', 'en'], ['zh_cmn_hans', 'zh-CN'], ['zh_cmn_hant', 'zh-TW']];
    }

    public function testSomePagesHaveNoTag(): void
    {
        $this->config['nextim_public_url'] = '';
        self::assertNull($this->tag(), 'not set up');
        $this->config['nextim_public_url'] = 'https://im.example';
        $this->request->variables['view'] = 'print';
        self::assertNull($this->tag(), 'printed');
        $this->request->variables = [];
        $this->listener->logIn();
        self::assertNull($this->tag(), 'the form to log in');
    }

    public function testTheCookieFollowsTheSession(): void
    {
        $this->listener->page();
        self::assertSame([], $this->listener->sent, 'nobody is logged in, and no cookie says so');
        $this->logIn();
        $this->listener->page();
        self::assertMatchesRegularExpression(
            '~^Set-Cookie: nextim_user=2; Path=/forum/; SameSite=Lax; Expires=.* GMT; Secure$~',
            $this->listener->sent[0],
        );
        $this->listener->sent = [];
        $this->send('GET', ['HTTP_COOKIE' => 'nextim_user=2']);
        $this->listener->page();
        self::assertSame([], $this->listener->sent, 'it is right');
        $this->user->data = ['user_id' => ANONYMOUS, 'is_registered' => false];
        $this->listener->page();
        self::assertStringStartsWith('Set-Cookie: nextim_user=; Path=/forum/;', $this->listener->sent[0]);
        self::assertTrue($this->request->isTaken, 'phpBB has its variables back');
    }

    public function testThePermissionIsListed(): void
    {
        $event = $this->event(['permissions' => ['u_' => []]]);
        $this->listener->permission($event);
        self::assertSame(['lang' => 'ACL_U_NEXTIM', 'cat' => 'misc'], $event['permissions']['u_nextim']);
        self::assertArrayHasKey('u_', $event['permissions']);
    }

    public function testACallFromElsewhereDoesNotLogOut(): void
    {
        $this->symfony->path = '/help/faq';
        $this->listener->begin();
        self::assertSame(1, $this->config['referer_validation'], 'another page of phpBB');
        $this->symfony->path = '/nextim/message';
        $this->listener->begin();
        self::assertSame(0, $this->config['referer_validation']);
    }

    public function testABanIsAnsweredByTheKitAtItsEndpointsOnly(): void
    {
        $isBanned = function (string $script, string $path, bool $return = false): bool {
            $this->request->server['SCRIPT_FILENAME'] = $script;
            $this->symfony->path = $path;
            $event = $this->event(['banned' => true, 'return' => $return]);
            $this->listener->ban($event);
            return $event['banned'];
        };
        self::assertFalse($isBanned('/srv/forum/app.php', '/nextim/online'));
        self::assertTrue($isBanned('/srv/forum/app.php', '/nextim/online', true), 'the adapter asks');
        self::assertTrue($isBanned('/srv/forum/viewtopic.php', '/nextim/online'), 'a page with a path at its end');
        foreach (['/help/faq', '/nextim/', '/nextim/online/../../x', "/nextim/online\n", '/x/nextim/online'] as $path) {
            self::assertTrue($isBanned('/srv/forum/app.php', $path), $path);
        }
    }

    public function testThePageThatSaysWhoIsBannedOffersNoLogIn(): void
    {
        $this->symfony->path = '/nextim/online';
        $this->request->server['SCRIPT_FILENAME'] = '/srv/forum/app.php';
        $this->listener->ban($this->event(['banned' => true, 'return' => true]));
        $this->listener->ban($this->event(['banned' => false, 'return' => false]));
        self::assertNotNull($this->tag(), 'nobody is banned, or the adapter asks');
        $this->template->vars = [];
        $this->request->server['SCRIPT_FILENAME'] = '/srv/forum/viewtopic.php';
        $this->listener->ban($this->event(['banned' => true, 'return' => false]));
        self::assertNull($this->tag());
    }

    public function testEachEventHasAFunction(): void
    {
        foreach (listener::getSubscribedEvents() as $function) {
            self::assertTrue(is_callable([$this->listener, $function]), $function);
        }
    }
}
