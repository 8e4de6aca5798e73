<?php

declare(strict_types=1);

namespace NextIM\Discuz\Tests;

use DB;
use DiscuzEnds;
use NextIM\Discuz\Check;
use NextIM\Discuz\Kit\Migrations;
use NextIM\Discuz\Kit\Store;
use NextIM\Discuz\Web;

/** The control panel: installing, the page of settings, and its test. */
final class PanelTest extends ForumCase
{
    private static function runs(string $file): bool
    {
        $finish = false;
        require getenv('PLUGIN_ROOT') . "/$file";
        return $finish;
    }

    private function panel(): string
    {
        ob_start();
        try {
            $pluginid = 7;
            require getenv('PLUGIN_ROOT') . '/admincp.inc.php';
        } finally {
            $html = (string) ob_get_clean();
        }
        return $html;
    }

    /** @param array<string, mixed> $form */
    private function submit(array $form, string $button = 'nextimsubmit', string $hash = 'f0f0f0f0'): string
    {
        $_GET = ['nextim' => $form, $button => '1', 'formhash' => $hash];
        $_SERVER['REQUEST_METHOD'] = 'POST';
        return $this->panel();
    }

    private function forget(): void
    {
        (new Migrations($this->plugin->db))->uninstall(true);
        DB::query('DELETE FROM %t', ['common_setting']);
        $GLOBALS['_G']['setting']['nextim'] = null;
        $this->begin();
    }

    public function testInstallingMakesTheTables(): void
    {
        $this->forget();
        DB::query('INSERT INTO %t (uid, buid) VALUES (2, 5)', ['home_blacklist']);
        self::assertTrue(self::runs('install.php'));
        self::assertSame(Migrations::LAST, (new Migrations($this->plugin->db))->number());
        $all = $this->plugin->options->all();
        self::assertSame(['http://forum.example/bbs', 'forum.example', 'en', Migrations::LAST], [$all['site_urls'],
            $all['domain'], $all['language'], $all['schema']]);
        self::assertSame([['user' => '2', 'blocked' => '5']], $this->rows('SELECT * FROM {blocks}'));
        self::assertContains('setting', $GLOBALS['_G']['test']['caches']);
    }

    public function testInstallingAgainKeepsMessagesAndSettings(): void
    {
        $this->ask('alice', 'message', ['to' => '3', 'body' => 'kept', 'type' => 'unicast']);
        self::assertTrue(self::runs('install.php'));
        self::assertTrue(self::runs('upgrade.php'));
        self::assertSame(['kept'], array_column($this->rows('SELECT body FROM {messages}'), 'body'));
        self::assertSame('https://forum.example/bbs', $this->plugin->options->all()['site_urls']);
    }

    public function testADatabaseThatMakesNoTablesIsTold(): void
    {
        $this->forget();
        foreach (['install.php', 'upgrade.php'] as $file) {
            $link = self::link();
            DB::object()->link[1] = new \mysqli();
            DB::object()->link[1]->real_connect('localhost', getenv('DATABASE_USER'), '', '', 0, getenv('DATABASE_SOCKET'));
            try {
                self::runs($file);
                self::fail($file);
            } catch (DiscuzEnds $end) {
                self::assertStringStartsWith('error: The tables are missing.', $end->getMessage());
            } finally {
                DB::object()->link[1] = $link;
            }
        }
    }

    public function testTheBarMigratesWhatWasCopiedOver(): void
    {
        $this->forget();
        $this->plugin->options->save(['site_urls' => self::ORIGIN . '/bbs', 'server' => 'http://127.0.0.1:1']);
        $this->ask('alice', 'setting', ['data' => '{"play_sound":false}']);
        self::assertSame(Migrations::LAST, $this->plugin->options->all()['schema']);
    }

    public function testUninstallingKeepsMessagesUnlessItIsToldNot(): void
    {
        self::assertTrue(self::runs('uninstall.php'));
        self::assertSame([], DB::fetch_all('SELECT * FROM %t', ['common_setting']));
        self::assertSame(Migrations::LAST, (new Migrations($this->plugin->db))->number());
        $this->set(['purge' => '1']);
        self::assertTrue(self::runs('uninstall.php'));
        self::assertSame([], DB::fetch_all("SHOW TABLES LIKE 'pre\\_nextim\\_%'"));
        self::assertNotSame([], DB::fetch_all("SHOW TABLES LIKE 'pre\\_common\\_%'"));
    }

    public function testTheCheckLetsThisPhpThrough(): void
    {
        self::assertFalse(self::runs('check.php'));
        $text = (string) file_get_contents(getenv('PLUGIN_ROOT') . '/check.php');
        self::assertStringNotContainsString('strict_types', $text);
        self::assertStringNotContainsString('[', $text, 'PHP 5.6 must be able to read it');
    }

    public function testTheFormIsFilledAndTheKeyIsNotShown(): void
    {
        $this->set(['apikey' => 'top secret', 'domain' => '"<quoted>"', 'groups' => ['11']]);
        $html = $this->panel();
        self::assertStringNotContainsString('top secret', $html);
        self::assertStringContainsString('value="&quot;&lt;quoted&gt;&quot;"', $html);
        self::assertStringContainsString('<option value="11" selected>Old</option>', $html);
        self::assertStringContainsString('<option value="10">New</option>', $html);
        self::assertStringNotContainsString('>Mute<', $html, 'a group of the banned is not to choose');
        self::assertStringContainsString('do=7&amp;identifier=nextim&amp;pmod=admincp', $html);
        self::assertStringContainsString('undelivered_url = &quot;https://forum.example/bbs/source/plugin/nextim/webim.php?'
            . 'do=undelivered&quot;', $html);
        self::assertStringContainsString('origins = [&quot;https://forum.example&quot;]', $html);
        self::assertStringNotContainsString('nextim:', $html, 'each word is in the file');
        self::assertStringNotContainsString('login_domain', $html, 'XMPP is off at first');
    }

    public function testWhatIsSentIsKept(): void
    {
        $html = $this->submit(['server' => ' http://10.0.0.1:8000/ ', 'public_url' => 'https://im.example/', 'apikey' => 'k2',
            'site_urls' => "https://forum.example/\nhttps://www.forum.example", 'domain' => 'f', 'groups' => ['1', 'x', '11'],
            'rooms' => '0', 'strangers' => '1', 'channels' => '0', 'days' => '30', 'jsonp_origins' => 'http://a.example',
            'purge' => '1', 'schema' => '99', 'language' => 'xx', 'xmpp' => '1', 'xmpp_domain' => 'Chat.Example',
            'xmpp_groups' => ['11']]);
        self::assertStringContainsString('Saved.', $html);
        self::assertStringContainsString('login_domain = &quot;chat.example&quot;' . "\nsite_url = "
            . '&quot;https://forum.example/source/plugin/nextim/webim.php?do=xmpp&quot;', $html);
        self::assertSame(['server' => 'http://10.0.0.1:8000', 'public_url' => 'https://im.example',
            'site_urls' => "https://forum.example\nhttps://www.forum.example", 'domain' => 'f', 'apikey' => 'k2',
            'groups' => [1, 11], 'rooms' => false, 'strangers' => true, 'channels' => false, 'days' => 30,
            'jsonp_origins' => 'http://a.example', 'xmpp' => true, 'xmpp_domain' => 'chat.example',
            'xmpp_groups' => [11], 'purge' => true, 'language' => '', 'schema' => 0,
        ], $this->plugin->options->all());
        $this->submit(['apikey' => '', 'server' => 'javascript:alert(1)', 'days' => '-3']);
        $all = $this->plugin->options->all();
        self::assertSame(['k2', '', 0, false], [$all['apikey'], $all['server'], $all['days'], $all['rooms']]);
        self::assertContains('setting', $GLOBALS['_G']['test']['caches']);
    }

    public function testAForgedFormChangesNothing(): void
    {
        $before = $this->plugin->options->all();
        foreach (['nextimsubmit', 'nextimtest'] as $button) {
            try {
                $this->submit(['domain' => 'forged'], $button, 'wrong');
                self::fail('it was taken');
            } catch (DiscuzEnds $end) {
                self::assertSame('submit_invalid', $end->getMessage());
            }
        }
        self::assertSame($before, $this->plugin->options->all());
    }

    public function testTheOriginsAreConfiguredAndNotSent(): void
    {
        $GLOBALS['_G']['setting']['domain'] = ['app' => ['group' => 'groups.example', 'home' => '', 'mobile' => 'm.example']];
        $_SERVER['HTTP_HOST'] = 'evil.example';
        $this->set(['site_urls' => "https://forum.example/bbs\nhttps://www.forum.example"]);
        self::assertSame(['https://forum.example', 'https://www.forum.example', 'https://groups.example',
            'https://m.example'], $this->plugin->options->config()->origins);
    }

    /** @param array<string, int> $statuses what the web answers, by a part of the address */
    private function tested(int $im, array $statuses): array
    {
        $this->im->status = $im;
        $web = new class ($statuses) extends Web {
            /** @var list<list<string>> */
            public array $headers = [];

            /** @param array<string, int> $statuses */
            public function __construct(private readonly array $statuses)
            {
            }

            public function status(string $url, array $headers = [], ?string $body = null): int
            {
                $this->headers[] = $headers;
                return $this->statuses[str_contains($url, 'webim.js') ? 'script' : 'undelivered'];
            }
        };
        $results = (new Check($this->plugin, $web))->all();
        foreach ($results as [, $words]) {
            self::assertStringNotContainsString('nextim:', $words);
            self::assertStringNotContainsString('{', $words);
            self::assertStringNotContainsString('key key', $words);
        }
        self::assertContains('Authorization: Basic ' . base64_encode('forum:key'), end($web->headers));
        return $results;
    }

    public function testTheTestTellsWhatWorks(): void
    {
        $good = ['script' => 200, 'undelivered' => 200];
        self::assertSame([true, true, true, true], array_column($this->tested(200, $good), 0));
        self::assertStringContainsString('http://127.0.0.1:1', $this->tested(0, $good)[0][1]);
        self::assertStringContainsString('key', $this->tested(401, $good)[0][1]);
        self::assertStringContainsString('404', $this->tested(404, $good)[0][1]);
        $away = $this->tested(200, ['script' => 404, 'undelivered' => 401]);
        self::assertStringContainsString('https://im.example/webim.js', $away[1][1]);
        self::assertStringContainsString('CGIPassAuth', $away[2][1]);
        self::assertStringContainsString('403', $this->tested(200, ['script' => 200, 'undelivered' => 403])[2][1]);
        self::assertSame([true, false, false, true], array_column($away, 0));
        $this->set(['public_url' => 'http://im.example']);
        self::assertStringContainsString('https', $this->tested(200, $good)[1][1]);
        $this->set(['public_url' => '']);
        self::assertFalse($this->tested(200, $good)[1][0]);
        DB::query("DELETE FROM pre_nextim_meta");
        self::assertFalse($this->tested(200, $good)[3][0]);
        DB::query("INSERT INTO pre_nextim_meta (name, value) VALUES ('schema', '1')");
    }

    public function testSaveAndTestShowsTheResults(): void
    {
        $html = $this->submit(['server' => 'http://127.0.0.1:1', 'site_urls' => 'http://127.0.0.1:1',
            'public_url' => 'http://127.0.0.1:1', 'apikey' => 'top secret'], 'nextimtest');
        self::assertStringContainsString('Saved.', $html);
        self::assertStringContainsString('http://127.0.0.1:1/webim.js is not there', $html);
        self::assertStringContainsString('http://127.0.0.1:1/source/plugin/nextim/webim.php?do=undelivered answers 0', $html);
        self::assertStringContainsString('The tables are there.', $html);
        self::assertStringNotContainsString('top secret', $html);
    }

    public function testTheLanguagesHaveTheSameWords(): void
    {
        $root = (string) getenv('PLUGIN_ROOT');
        $words = array_map(words_of(...), ['en' => "$root/discuz_plugin_nextim.xml",
            'zh-CN' => "$root/discuz_plugin_nextim_SC_UTF8.xml", 'zh-TW' => "$root/discuz_plugin_nextim_TC_UTF8.xml"]);
        foreach ($words as $language => $those) {
            self::assertSame(array_keys($words['en']), array_keys($those));
            self::assertSame($language, $those['language']);
            foreach ($those as $name => $text) {
                preg_match_all('/\{\w+\}/', $text, $found);
                preg_match_all('/\{\w+\}/', $words['en'][$name], $wanted);
                self::assertSame([$wanted[0], true], [$found[0], $text !== ''], "$language $name");
            }
        }
        $sources = implode(array_map(file_get_contents(...), [...glob("$root/src/*.php"), ...glob("$root/*.php")]));
        preg_match_all("/Words::of\('(\w+)'/", $sources, $used);
        self::assertSame([], array_diff($used[1], array_keys($words['en'])));
        self::assertGreaterThan(15, count($used[1]));
    }

    public function testTheFilesForDiscuzAgree(): void
    {
        $root = (string) getenv('PLUGIN_ROOT');
        $value = fn(\SimpleXMLElement $xml, string $id): string => (string) ($xml->xpath("//item[@id='$id']")[0] ?? '');
        foreach (glob("$root/*.xml") as $file) {
            $xml = simplexml_load_string(str_replace('ISO-8859-1', 'UTF-8', (string) file_get_contents($file)));
            self::assertSame(['nextim', 'nextim/', 'X3.5', 'Discuz! Plugin'], [$value($xml, 'identifier'),
                $value($xml, 'directory'), (string) $xml->xpath('/root/item[@id="Data"]/item[@id="version"]')[0],
                $value($xml, 'Title')]);
            foreach (['checkfile', 'installfile', 'upgradefile', 'uninstallfile'] as $id) {
                self::assertFileExists("$root/" . $value($xml, $id));
            }
            $modules = array_map(fn(\SimpleXMLElement $module): array => array_map(
                fn(string $id): string => (string) $module->xpath("item[@id='$id']")[0],
                ['name', 'type', 'adminid'],
            ), $xml->xpath('//item[@id="__modules"]/item'));
            self::assertSame([['nextim', '11', '0'], ['nextim', '28', '0'], ['admincp', '3', '1'],
                ['passwords', '7', '0']], $modules);
        }
    }

    protected function tearDown(): void
    {
        (new Migrations($this->plugin->db))->migrate();
        self::assertCount(14, Store::TABLES);
    }
}
