<?php

/*
 * Tests of the page of settings.
 *
 * Owns: what it keeps and shows, and what its test says. Must not: make a request.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use NextIM\Site\Store;
use nextim\bar\acp\main_module;
use nextim\bar\core\Check;
use nextim\bar\core\Http;
use nextim\bar\core\Options;
use nextim\bar\core\SettingsPage;
use phpbb\world;

final class SettingsTest extends BoardCase
{
    /** The status that each address answers; 0 for none. */
    private int $script = 200;
    private int $undelivered = 200;
    /** @var list<array<array-key, mixed>> */
    public array $requests = [];

    protected function tearDown(): void
    {
        putenv('NEXTIM_APIKEY');
    }

    private function check(): Check
    {
        $http = $this->createMock(Http::class);
        $http->method('status')->willReturnCallback(function (string $method, string $url, mixed ...$more): int {
            $this->requests[] = [$method, $url, ...$more];
            return str_ends_with($url, '/webim.js') ? $this->script : $this->undelivered;
        });
        return new Check($this->plugin, $this->language, $this->request, $http);
    }

    private function page(): SettingsPage
    {
        return new SettingsPage($this->options, $this->check(), $this->language, $this->request, $this->template);
    }

    /** @param array<string, string> $form */
    private function submit(array $form, string $button = 'save'): void
    {
        $this->request->variables = [];
        foreach ($form as $name => $value) {
            $this->request->variables["nextim_$name"] = $value;
        }
        $this->request->variables[$button] = 'x';
        $this->template->blocks = $this->template->vars = [];
        $this->page()->show('index.php?i=1');
    }

    /** @return array<string, array<string, mixed>> */
    private function fields(): array
    {
        return array_column($this->template->blocks['fields'], null, 'NAME');
    }

    public function testWhatAFormSaves(): void
    {
        $this->submit(['server' => ' http://10.0.0.1:8000/ ', 'public_url' => 'https://chat.example/', 'domain' => 'a "b"',
            'apikey' => 'secret', 'strangers' => '1', 'days' => '30', 'jsonp_origins' => 'https://a.example https://b.example',
            'xmpp' => '1', 'xmpp_domain' => 'Chat.Example']);
        self::assertTrue($this->template->vars['S_SAVED']);
        self::assertSame(
            ['server' => 'http://10.0.0.1:8000', 'public_url' => 'https://chat.example', 'domain' => 'a "b"',
            'apikey' => 'secret', 'rooms' => false, 'strangers' => true, 'channels' => false, 'days' => 30,
            'jsonp_origins' => 'https://a.example https://b.example', 'xmpp' => true, 'xmpp_domain' => 'chat.example'],
            $this->options->all()
        );
        self::assertSame(['https://a.example', 'https://b.example'], $this->options->config()->jsonpOrigins);
        self::assertSame('https://forum.example', $this->options->config()->siteUrl, 'pages elsewhere need whole links');
    }

    public function testTheGatewayIsToldOnlyWithXmpp(): void
    {
        $this->page()->show('');
        self::assertSame(['', '', ''], [$this->template->vars['GATEWAY'], $this->options->config()->xmpp,
            $this->options->config()->siteUrl]);
        $this->submit(['xmpp' => '1', 'xmpp_domain' => 'no domain', 'domain' => 'forum']);
        self::assertStringContainsString("login_domain = &quot;forum.example&quot;\n"
            . 'site_url = &quot;https://forum.example/forum/app.php/nextim/xmpp&quot;', $this->template->vars['GATEWAY']);
        $config = $this->options->config();
        self::assertSame(['forum.example', 'https://forum.example'], [$config->xmpp, $config->siteUrl], 'links are whole');
    }

    public function testWhatAFormCannotSave(): void
    {
        $this->submit(['server' => 'javascript:alert(1)', 'public_url' => 'https://x" onload="', 'days' => '-3',
            'domain' => str_repeat('x', 300)]);
        $all = $this->options->all();
        self::assertSame(['', '', 0, 255], [$all['server'], $all['public_url'], $all['days'], strlen($all['domain'])]);
    }

    public function testTheKeyIsKeptAndNeverShown(): void
    {
        $this->submit(['apikey' => '']);
        self::assertSame('key', $this->options->all()['apikey'], 'an empty field changes nothing');
        self::assertSame('', $this->fields()['nextim_apikey']['VALUE']);
        self::assertStringNotContainsString('"key"', (string) json_encode([$this->template->vars, $this->template->blocks]));
        self::assertSame('NEXTIM_APIKEY_EXPLAIN', $this->fields()['nextim_apikey']['HELP']);
        putenv('NEXTIM_APIKEY=other');
        $this->template->blocks = [];
        $this->page()->show('');
        self::assertSame('NEXTIM_APIKEY_WINS', $this->fields()['nextim_apikey']['HELP']);
        self::assertSame('other', $this->options->config()->apikey());
    }

    public function testAFormOfAnotherSiteSavesNothing(): void
    {
        world::$isFormRight = false;
        $this->submit(['server' => 'http://10.0.0.1']);
        self::assertSame('http://127.0.0.1:1', $this->options->all()['server']);
        self::assertSame([false, 'FORM_INVALID'], [$this->template->vars['S_SAVED'], $this->template->vars['ERROR']]);
    }

    public function testThePageShowsWhatIsKept(): void
    {
        $this->config['nextim_domain'] = '"><script>';
        $this->page()->show('index.php?i=1');
        $fields = $this->fields();
        self::assertCount(count(Options::DEFAULTS), $fields);
        self::assertSame('http://127.0.0.1:1', $fields['nextim_server']['VALUE']);
        self::assertSame('&quot;&gt;&lt;script&gt;', $fields['nextim_domain']['VALUE']);
        self::assertSame(['checkbox', true], [$fields['nextim_rooms']['KIND'], $fields['nextim_rooms']['CHECKED']]);
        self::assertFalse($fields['nextim_channels']['CHECKED']);
        self::assertSame('index.php?i=1', $this->template->vars['U_ACTION']);
        self::assertFalse($this->template->vars['S_SAVED']);
        self::assertStringContainsString(
            'undelivered_url = &quot;https://forum.example/forum/app.php/nextim/undelivered&quot;',
            $this->template->vars['TABLE'],
        );
    }

    public function testTheDomainIsTheBoardsNameUntilAnotherIsGiven(): void
    {
        $this->config['nextim_domain'] = '';
        self::assertSame('forum.example', $this->options->all()['domain']);
    }

    public function testPhpbbsPageCallsThisOne(): void
    {
        global $phpbb_container;
        $page = $this->page();
        $phpbb_container = new class ($page) {
            public function __construct(private readonly SettingsPage $page)
            {
            }

            public function get(string $name): SettingsPage
            {
                return $name === 'nextim.bar.settings' ? $this->page : throw new \LogicException($name);
            }
        };
        $module = new main_module();
        $module->u_action = 'index.php?i=2';
        $module->main('x', 'settings');
        self::assertSame(['acp_nextim', 'ACP_NEXTIM_SETTINGS'], [$module->tpl_name, $module->page_title]);
        self::assertSame('index.php?i=2', $this->template->vars['U_ACTION']);
    }

    /** @return list<array{bool, string}> */
    private function results(): array
    {
        $this->request->headers['Origin'] ??= 'https://forum.example';
        return $this->check()->all();
    }

    public function testTheTestSaysThatAllWorks(): void
    {
        self::assertSame([[true, 'NEXTIM_SERVER_WORKS'], [true, 'NEXTIM_SCRIPT_WORKS'], [true, 'NEXTIM_UNDELIVERED_WORKS'],
            [true, 'NEXTIM_ADDRESS_WORKS'], [true, 'NEXTIM_TABLES_WORK']], $this->results());
        [, [$method, $url, $headers, $body]] = $this->requests;
        self::assertSame(['POST', 'https://forum.example/forum/app.php/nextim/undelivered', '[]'], [$method, $url, $body]);
        self::assertContains('Authorization: Basic ' . base64_encode('forum.example:key'), $headers);
    }

    /** @dataProvider server */
    public function testTheMessageServer(int $status, string $words): void
    {
        $this->im->status = $status;
        self::assertSame([false, $words], $this->results()[0]);
    }

    /** @return list<array{int, string}> */
    public static function server(): array
    {
        return [[0, 'NEXTIM_SERVER_SILENT http://127.0.0.1:1'], [401, 'NEXTIM_SERVER_REFUSES'],
            [404, 'NEXTIM_SERVER_OTHER http://127.0.0.1:1 404']];
    }

    public function testTheScript(): void
    {
        $this->script = 502;
        self::assertSame([false, 'NEXTIM_NO_SCRIPT https://im.example/webim.js'], $this->results()[1]);
        $this->script = 200;
        $this->config['nextim_public_url'] = 'http://im.example';
        self::assertSame([false, 'NEXTIM_NOT_SECURE'], $this->results()[1]);
        $this->config['cookie_secure'] = 0;
        self::assertSame([true, 'NEXTIM_SCRIPT_WORKS'], $this->results()[1]);
        $this->config['nextim_public_url'] = '';
        self::assertSame([false, 'NEXTIM_NO_PUBLIC_URL'], $this->results()[1]);
    }

    public function testTheOwnEndpoint(): void
    {
        $this->undelivered = 401;
        self::assertSame([false, 'NEXTIM_UNDELIVERED_REFUSES'], $this->results()[2]);
        $this->undelivered = 0;
        $url = 'https://forum.example/forum/app.php/nextim/undelivered';
        self::assertSame([false, "NEXTIM_UNDELIVERED_FAILS $url 0"], $this->results()[2]);
    }

    public function testTheAddressOfTheBoard(): void
    {
        $this->request->headers = ['Origin' => 'https://www.forum.example'];
        $words = 'NEXTIM_ADDRESS_DIFFERS https://www.forum.example https://forum.example';
        self::assertSame([false, $words], $this->results()[3]);
        $this->request->headers = ['Origin' => '', 'Referer' => 'https://FORUM.example/forum/adm/index.php'];
        self::assertTrue($this->check()->all()[3][0]);
    }

    public function testTheTables(): void
    {
        foreach (Store::TABLES as $table) {
            $this->db->file->exec("DROP TABLE phpbb_nextim_$table");
        }
        self::assertSame([false, 'NEXTIM_NO_TABLES'], $this->results()[4]);
    }

    public function testTheButtonRunsTheTestWithWhatItSaved(): void
    {
        $this->request->headers['Origin'] = 'https://forum.example';
        $this->submit(['server' => 'http://127.0.0.1:1', 'public_url' => 'https://new.example'], 'test');
        self::assertCount(5, $this->template->blocks['checks']);
        self::assertSame(['WORKS' => true, 'WORDS' => 'NEXTIM_SCRIPT_WORKS'], $this->template->blocks['checks'][1]);
        self::assertSame('https://new.example/webim.js', $this->requests[0][1]);
        $this->submit([], 'save');
        self::assertArrayNotHasKey('checks', $this->template->blocks);
    }

    public function testOriginsAndPorts(): void
    {
        $this->config['server_port'] = 8443;
        self::assertSame(['https://forum.example:8443'], $this->options->origins());
        [$this->config['server_protocol'], $this->config['server_port'], $this->config['cookie_secure']] = ['http://', 80, 0];
        self::assertSame(['http://forum.example', 'https://forum.example'], $this->options->origins());
        self::assertSame('http://forum.example', $this->options->origin());
        $this->request->isSecure = true;
        self::assertSame('https://forum.example', $this->options->origin());
        $this->config['server_protocol'] = '';
        self::assertSame(['https://forum.example'], $this->options->origins());
        $this->user->page = [];
        self::assertSame('/forum/', $this->options->path(), 'where phpBB knows no page, as in its console');
    }
}
