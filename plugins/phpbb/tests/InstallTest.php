<?php

/*
 * Tests of enabling, disabling and deleting the data of the extension.
 *
 * Owns: what is there after each, and the words. Must not: need phpBB's migrator.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use NextIM\Site\Migrations;
use NextIM\Site\Store;
use nextim\bar\acp\main_info;
use nextim\bar\core\Dbal;
use nextim\bar\core\Options;
use nextim\bar\ext;
use nextim\bar\migrations\install;
use phpbb\config\config;
use phpbb\db\migration\exception;
use Symfony\Component\DependencyInjection\ContainerInterface;

final class InstallTest extends BoardCase
{
    private Sqlite $empty;

    private function migration(string $layer = 'sqlite3'): install
    {
        $this->empty ??= new Sqlite();
        $this->empty->layer = $layer;
        return new install(new config([]), $this->empty, 'phpbb_');
    }

    private function tables(): int
    {
        return $this->empty->value("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name LIKE 'phpbb_nextim%'");
    }

    /** @param list<array{string, array<array-key, mixed>}> $steps */
    private static function do(array $steps): void
    {
        foreach ($steps as [$kind, $what]) {
            if ($kind === 'custom') {
                $what[0]();
            }
        }
    }

    public function testEnablingMakesTheTablesAndKeepsThem(): void
    {
        $migration = $this->migration();
        self::do($migration->update_data());
        self::assertSame(count(Store::TABLES), $this->tables());
        self::assertSame(Migrations::LAST, (new Migrations(new Dbal($this->empty, 'phpbb_')))->number());
        self::assertSame(
            '2 4,5 2',
            $this->empty->value('SELECT group_concat("user" || \' \' || blocked) FROM phpbb_nextim_blocks'),
            'foes are blocks',
        );
        self::do($migration->update_data());
        self::assertSame(2, $this->empty->value('SELECT COUNT(*) FROM phpbb_nextim_blocks'), 'once more');
    }

    public function testOnlyDeletingTheDataDropsThem(): void
    {
        $migration = $this->migration();
        self::do($migration->update_data());
        self::do($migration->revert_data());
        self::assertSame(0, $this->tables());
    }

    public function testWhatPhpbbKeeps(): void
    {
        $steps = $this->migration()->update_data();
        $of = fn(string $kind): array => array_column(array_filter($steps, fn(array $step): bool => $step[0] === $kind), 1);
        foreach (array_keys(Options::DEFAULTS) as $name) {
            self::assertContains("nextim_$name", array_column($of('config.add'), 0));
        }
        self::assertSame([['u_nextim'], ['u_nextim_xmpp']], $of('permission.add'));
        self::assertContains(['nextim_erase', ''], $of('config_text.add'));
        self::assertSame(
            [['ROLE_USER_STANDARD', 'u_nextim', 'role', true], ['ROLE_USER_STANDARD', 'u_nextim_xmpp', 'role', true],
            ['ROLE_USER_FULL', 'u_nextim', 'role', true], ['ROLE_USER_FULL', 'u_nextim_xmpp', 'role', true],
            ['ROLE_USER_NEW_MEMBER', 'u_nextim', 'role', false]],
            array_map(fn(array $if): array => $if[1][1], $of('if')),
        );
        self::assertSame(['acp', 'ACP_NEXTIM', ['module_basename' => '\nextim\bar\acp\main_module',
            'modes' => ['settings']]], $of('module.add')[1]);
        self::assertSame(['ucp', 'UCP_PROFILE', ['module_basename' => '\nextim\bar\ucp\main_module',
            'modes' => ['passwords']]], $of('module.add')[2]);
        self::assertContains(['nextim_xmpp', 0], $of('config.add'), 'XMPP is off at first');
        self::assertSame('custom', $steps[0][0], 'the tables come first');
        self::assertFalse($this->migration()->effectively_installed());
        self::assertTrue((new install(new config(['nextim_server' => '']), $this->empty, 'x_'))->effectively_installed());
        self::assertSame(['\phpbb\db\migration\data\v330\v330'], install::depends_on());
    }

    public function testADatabaseThatTheKitDoesNotKnow(): void
    {
        $this->expectException(exception::class);
        self::do($this->migration('oracle')->update_data());
    }

    public function testTheModuleIsForAdministrators(): void
    {
        $info = (new main_info())->module();
        self::assertSame('\nextim\bar\acp\main_module', $info['filename']);
        self::assertSame('ext_nextim/bar && acl_a_board', $info['modes']['settings']['auth']);
        $auth = (new \nextim\bar\ucp\main_info())->module()['modes']['passwords']['auth'];
        self::assertSame('ext_nextim/bar && cfg_nextim_xmpp && acl_u_nextim && acl_u_nextim_xmpp', $auth);
    }

    private function ext(string $php): ext
    {
        $container = $this->createMock(ContainerInterface::class);
        $container->method('get')->willReturnMap([['language', $this->language], ['config', $this->config]]);
        return new class ($container, $php) extends ext {
            public function __construct(ContainerInterface $container, private readonly string $version)
            {
                parent::__construct($container);
            }

            protected function php()
            {
                return $this->version;
            }
        };
    }

    public function testWhatTheExtensionNeeds(): void
    {
        self::assertTrue($this->ext('8.1.0')->is_enableable());
        self::assertSame(['NEXTIM_NEEDS PHP 8.1.0'], $this->ext('8.0.30')->is_enableable());
        foreach (['3.2.11' => false, '3.3.0' => true, '3.3.15' => true, '4.0.0-a1' => false] as $version => $is) {
            $this->config['version'] = $version;
            self::assertSame($is ? true : ['NEXTIM_NEEDS phpBB 3.3'], $this->ext('8.2.0')->is_enableable(), $version);
        }
        $source = (string) file_get_contents(dirname(__DIR__) . '/ext.php');
        self::assertDoesNotMatchRegularExpression('/readonly|match|fn\(|\?->|: \?|declare/', $source, 'older PHP reads it');
    }

    /** @return array<string, string> */
    private static function words(string $language, string $file): array
    {
        $lang = [];
        require dirname(__DIR__) . "/language/$language/$file.php";
        return $lang;
    }

    public function testAllLanguagesHaveAllWords(): void
    {
        $places = fn(array $words): array => array_map(function (string $text): array {
            preg_match_all('/%(\d\$)?[sd]/', $text, $found);
            sort($found[0]);
            return $found[0];
        }, $words);
        foreach (['common', 'info_acp_nextim', 'info_ucp_nextim', 'permissions_nextim'] as $file) {
            $english = $places(self::words('en', $file));
            self::assertNotSame([], $english);
            foreach (['zh_cmn_hans', 'zh_cmn_hant'] as $language) {
                self::assertSame($english, $places(self::words($language, $file)), "$language/$file");
            }
        }
    }

    public function testEachWordThatIsUsedIsThere(): void
    {
        $known = self::words('en', 'common') + self::words('en', 'info_acp_nextim') + self::words('en', 'info_ucp_nextim')
            + self::words('en', 'permissions_nextim');
        $used = [];
        foreach (['core', 'acp', 'ucp', 'event', 'adm/style', 'styles/all/template', '.'] as $folder) {
            foreach (glob(dirname(__DIR__) . "/$folder/*.{php,html}", GLOB_BRACE) ?: [] as $file) {
                preg_match_all("/(?:L_|')((?:NEXTIM|ACP_NEXTIM|UCP_NEXTIM|ACL)_[A-Z_]*[A-Z])\\b/", (string) file_get_contents($file), $found);
                array_push($used, ...$found[1]);
            }
        }
        foreach (array_keys(Options::DEFAULTS) as $name) {
            array_push($used, 'NEXTIM_' . strtoupper($name), 'NEXTIM_' . strtoupper($name) . '_EXPLAIN');
        }
        self::assertSame([], array_values(array_diff(array_unique($used), array_keys($known), ['NEXTIM_TAG'])));
        $used[] = 'ACP_NEXTIM';
        self::assertSame([], array_values(array_diff(array_keys($known), $used)), 'a word that nothing uses');
    }

    public function testTheDescriptionIsWhatPhpbbWants(): void
    {
        $about = json_decode((string) file_get_contents(dirname(__DIR__) . '/composer.json'), true);
        self::assertSame(['nextim/bar', 'phpbb-extension', 'GPL-2.0-only'], [$about['name'], $about['type'], $about['license']]);
        self::assertNotEmpty($about['authors'][0]['name']);
        self::assertNotEmpty($about['extra']['display-name']);
        self::assertMatchesRegularExpression('/^\d+\.\d+\.\d+$/', $about['version']);
    }
}
