<?php

/*
 * The test of the settings, in words.
 *
 * Owns: each part broken once. Must not: depend on how words are shown.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

use NextIM\WordPress\Check;

final class CheckTest extends SiteCase
{
    private const PARTS = ['Message server', 'Script', 'Undelivered messages', 'Tables'];

    protected function setUp(): void
    {
        parent::setUp();
        // The key of the environment of the tests would win.
        $this->set(['apikey' => (string) getenv('NEXTIM_APIKEY')]);
    }

    protected function tearDown(): void
    {
        remove_all_filters('option_home');
        putenv('NEXTIM_APIKEY=key-of-the-tests');
        parent::tearDown();
    }

    /** @return array<string, string> the words of the parts that do not work */
    private function broken(): array
    {
        $all = (new Check($this->plugin()))->all();
        self::assertSame(self::PARTS, array_column($all, 0));
        $broken = array_filter($all, fn(array $part): bool => !$part[1]);
        return array_column($broken, 2, 0);
    }

    public function testAllWorks(): void
    {
        self::assertSame([], $this->broken());
    }

    public function testAServerThatIsNotThere(): void
    {
        $this->set(['server' => 'http://127.0.0.1:9']);
        self::assertSame(['Message server' => 'The message server is not reached at http://127.0.0.1:9. Is it running,'
            . ' and may this machine connect?'], $this->broken());
    }

    public function testAServerThatDoesNotKnowTheKey(): void
    {
        $this->file('im-status', '401');
        self::assertStringContainsString('does not take the domain or the key', $this->broken()['Message server']);
    }

    public function testAServerOfAnotherKind(): void
    {
        $this->file('im-status', '404');
        self::assertSame(['Message server' => 'What runs at ' . getenv('WORLD_IM') . ' answers 404. Is it a message'
            . ' server?'], $this->broken());
    }

    public function testNoKey(): void
    {
        putenv('NEXTIM_APIKEY');
        self::assertSame([], $this->broken());
        $this->set(['apikey' => '']);
        self::assertSame(['Message server', 'Undelivered messages'], array_keys($this->broken()));
        self::assertStringStartsWith('There is no key yet.', $this->broken()['Message server']);
    }

    public function testAScriptThatIsNotThere(): void
    {
        $this->set(['public_url' => '']);
        self::assertSame(['Script' => 'Without a public URL no page has the chat.'], $this->broken());
        $this->set(['public_url' => getenv('WORLD_IM') . '/nothing']);
        self::assertStringContainsString('/nothing/webim.js is not there.', $this->broken()['Script']);
        $this->set(['public_url' => getenv('WORLD_IM') . '/page']);
        self::assertStringContainsString('/page/webim.js is a page and no script.', $this->broken()['Script']);
    }

    public function testAScriptThatBrowsersRefuse(): void
    {
        add_filter('option_home', fn(string $url): string => str_replace('http://', 'https://', $url));
        self::assertStringStartsWith('The public URL must begin with https', $this->broken()['Script']);
    }

    public function testASiteThatDoesNotReachItself(): void
    {
        add_filter('option_home', fn(): string => 'http://127.0.0.1:9');
        self::assertStringStartsWith('This machine does not reach its own site at', $this->broken()['Undelivered messages']);
    }

    public function testAWebServerThatKeepsTheHeader(): void
    {
        $this->file('no-authorization', '');
        self::assertSame(['Undelivered messages' => 'The web server does not pass on the header Authorization. Apache:'
            . ' add "CGIPassAuth On" to .htaccess. nginx with FastCGI: add'
            . ' "fastcgi_param HTTP_AUTHORIZATION $http_authorization;".'], $this->broken());
    }

    public function testASecurityPlugin(): void
    {
        $this->file('closed', '');
        self::assertSame(['Undelivered messages' => getenv('WORLD_URL') . '/?nextim=undelivered answers 403. Does a'
            . ' security plugin, a log-in of the web server or a redirection stand before it?'], $this->broken());
    }

    public function testTablesThatAreNotThere(): void
    {
        global $wpdb;
        $wpdb->query("UPDATE {$wpdb->prefix}nextim_meta SET `value` = '0' WHERE name = 'schema'");
        self::assertStringStartsWith('The tables are missing or old.', $this->broken()['Tables']);
        $wpdb->query("UPDATE {$wpdb->prefix}nextim_meta SET `value` = '1' WHERE name = 'schema'");
        self::assertSame([], $this->broken());
    }
}
