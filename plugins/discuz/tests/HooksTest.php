<?php

declare(strict_types=1);

namespace NextIM\Discuz\Tests;

use DB;
use mobileplugin_nextim;
use mobileplugin_nextim_forum;
use mobileplugin_nextim_group;
use mobileplugin_nextim_home;
use mobileplugin_nextim_member;
use NextIM\Discuz\Page;
use plugin_nextim;
use plugin_nextim_forum;
use plugin_nextim_group;
use plugin_nextim_home;
use plugin_nextim_member;

/** What Discuz's pages tell the chat. */
final class HooksTest extends ForumCase
{
    private const TAG = '<script src="https://im.example/webim.js" data-site="/bbs/source/plugin/nextim/webim.php?do={endpoint}"'
        . ' data-user-cookie="nextim_user" data-login="/bbs/member.php?mod=logging&amp;action=login&amp;referer={page}"'
        . ' data-lang="en"'
        . ' data-user-links="[?&amp;]mod=space&amp;uid=(\d+)$ space-uid-(\d+)\.html$" defer></script>';

    /** @return list<array{string, string}> the paths and the names of the calls */
    private function told(): array
    {
        return array_map(fn(array $call): array => [$call[0], (string) ($call[1]['name'] ?? '')], $this->im->calls);
    }

    private function online(string $name): string
    {
        return $this->ask($name, 'online')['connection']['ticket'];
    }

    /** @return list<string> where Discuz looks for the hooks of these classes: the script, the page, and when */
    private static function hooks(string $prefix): array
    {
        $places = [];
        foreach (array_filter(get_declared_classes(), fn(string $name): bool => str_starts_with($name, $prefix)) as $class) {
            $script = substr($class, strlen($prefix) + 1) ?: 'global';
            foreach (get_class_methods($class) as $method) {
                $parts = explode('_', $method);
                $page = $script === 'home' ? "$parts[0]_$parts[1]" : $parts[0];
                $places[] = "$script $page " . (str_ends_with($method, '_message') ? 'message' : 'begin');
            }
        }
        sort($places);
        return $places;
    }

    public function testDiscuzFindsTheHooks(): void
    {
        $desktop = ['forum post message', 'global common begin', 'global deletemember begin', 'global global begin',
            'global savebanlog begin', 'group group message', 'home spacecp_friend message',
            'home spacecp_profile message', 'member getpasswd message', 'member logging begin'];
        self::assertSame($desktop, self::hooks('plugin_nextim'));
        self::assertSame($desktop, array_values(array_unique(self::hooks('mobileplugin_nextim'))));
    }

    public function testTheTagIsTheSameForEverybody(): void
    {
        $this->plugin->options->migrated();
        self::assertSame(self::TAG, (new plugin_nextim())->global_footer());
        $this->logIn('alice');
        self::assertSame(self::TAG, (new plugin_nextim())->global_footer());
        self::assertStringStartsWith(self::TAG . '<style>', (new mobileplugin_nextim())->global_footer_mobile());
        self::assertSame([], $this->im->calls);
    }

    public function testSomePagesHaveNoTag(): void
    {
        global $_G;
        foreach ([['basescript' => 'member'], ['inajax' => 1]] as $odd) {
            $_G = $odd + $_G;
            self::assertSame('', (new plugin_nextim())->global_footer());
            self::assertSame('', (new mobileplugin_nextim())->global_footer_mobile());
            $_G = ['basescript' => 'forum', 'inajax' => 0] + $_G;
        }
        $this->set(['public_url' => '']);
        self::assertSame('', (new plugin_nextim())->global_footer());
    }

    public function testTheCookieFollowsTheSession(): void
    {
        $this->logIn('alice');
        (new plugin_nextim())->common();
        self::assertSame(['Set-Cookie: nextim_user=2; Path=/bbs/; SameSite=Lax; Secure'], $this->headers);
        $_SERVER['HTTP_COOKIE'] = 'nextim_user=2';
        (new plugin_nextim())->common();
        self::assertCount(1, $this->headers);
        $this->logIn('bob');
        (new mobileplugin_nextim())->common();
        self::assertStringStartsWith('Set-Cookie: nextim_user=3;', $this->headers[1]);
        $GLOBALS['_G']['uid'] = 0;
        (new plugin_nextim())->common();
        self::assertStringContainsString('nextim_user=; Path=/bbs/; SameSite=Lax; Expires=Thu, 01 Jan 1970', $this->headers[2]);
        unset($_SERVER['HTTP_COOKIE']);
        (new plugin_nextim())->common();
        self::assertCount(3, $this->headers, 'a guest without the cookie needs none');
    }

    public function testALogOutEndsThePagesOfThatLogIn(): void
    {
        $ticket = $this->online('alice');
        $_SERVER['HTTP_COOKIE'] = 'nextim_user=2';
        $_GET = ['action' => 'logout', 'formhash' => 'f0f0f0f0'];
        (new plugin_nextim_member())->logging_nextim();
        self::assertSame($ticket, $this->im->of('/presences/offline')[0]['ticket']);
        self::assertStringContainsString('Expires=Thu, 01 Jan 1970', end($this->headers));
        self::assertInstanceOf(plugin_nextim_member::class, new mobileplugin_nextim_member());
    }

    /** @return list<array{array<string, string>}> */
    public static function noLogOuts(): array
    {
        return [[['action' => 'logout']], [['action' => 'logout', 'formhash' => '']],
            [['action' => 'logout', 'formhash' => 'wrong']], [['action' => 'login', 'formhash' => 'f0f0f0f0']]];
    }

    /**
     * Discuz asks before it logs out if the hash is not right.
     *
     * @dataProvider noLogOuts
     * @param array<string, string> $query
     */
    public function testAForgedLogOutEndsNothing(array $query): void
    {
        $this->online('alice');
        $_GET = $query;
        (new plugin_nextim_member())->logging_nextim();
        self::assertSame([], $this->im->of('/presences/offline'));
        self::assertSame([], $this->headers);
    }

    public function testAGuestsLogOutIsNoEvent(): void
    {
        $_GET = ['action' => 'logout', 'formhash' => 'f0f0f0f0'];
        (new plugin_nextim_member())->logging_nextim();
        self::assertSame([], $this->im->calls);
    }

    public function testEventsComeAfterDiscuzsOwnWork(): void
    {
        $later = [];
        Page::$afterwards = function (callable $what) use (&$later): void {
            $later[] = $what;
        };
        $this->online('alice');
        $_GET = ['action' => 'logout', 'formhash' => 'f0f0f0f0'];
        (new plugin_nextim_member())->logging_nextim();
        $GLOBALS['_G']['cookie'] = [];
        self::assertSame([], $this->im->of('/presences/offline'));
        $later[0]();
        self::assertCount(1, $this->im->of('/presences/offline'));
    }

    public function testUnderPhpFpmTheBrowserHasThePageBeforeThat(): void
    {
        $page = 'function fastcgi_finish_request() { echo " sent"; } require ' . var_export(dirname(__DIR__) . '/src/Page.php', true)
            . '; NextIM\Discuz\Page::afterwards(function () { echo " later"; }); echo "page"; exit;';
        self::assertSame('page sent later', exec('php -r ' . escapeshellarg($page)));
    }

    public function testAChangedPasswordEndsAllLogIns(): void
    {
        $change = function (string $message, array $query): array {
            $this->logIn('alice');
            $this->im->calls = [];
            $_GET = $query;
            (new plugin_nextim_home())->spacecp_profile_nextim_message(['param' => [$message]]);
            return $this->told();
        };
        $all = [['/presences/offline', '2']];
        self::assertSame($all, $change('profile_succeed', ['newpassword' => 'new']));
        self::assertSame($all, $change('profile_email_verify', ['newpassword' => 'new']));
        self::assertSame($all, $change('profile_succeed', ['newpassword' => '', 'questionidnew' => '2']));
        self::assertSame([], $change('profile_succeed', ['newpassword' => '']));
        self::assertSame([], $change('profile_passwd_wrong', ['newpassword' => 'new']));
        $_GET = ['uid' => '3'];
        (new plugin_nextim_member())->getpasswd_nextim_message(['param' => ['getpasswd_illegal']]);
        self::assertSame([], $this->told());
        (new plugin_nextim_member())->getpasswd_nextim_message(['param' => ['getpasswd_succeed']]);
        self::assertSame([['/presences/offline', '3']], $this->told());
    }

    public function testTheEndOfAFriendshipUnlinks(): void
    {
        $this->logIn('alice');
        $_GET = ['op' => 'ignore', 'uid' => '3'];
        (new plugin_nextim_home())->spacecp_friend_nextim_message(['param' => ['no_privilege']]);
        self::assertSame([], $this->im->calls);
        (new mobileplugin_nextim_home())->spacecp_friend_nextim_message(['param' => ['do_success', '', ['uid' => 3]]]);
        self::assertCount(1, $this->im->calls);
        self::assertContains('2', $this->im->calls[0][1]);
        self::assertContains('3', $this->im->calls[0][1]);
        $_GET = ['op' => 'changegroup', 'uid' => '3'];
        (new plugin_nextim_home())->spacecp_friend_nextim_message(['param' => ['do_success']]);
        self::assertCount(1, $this->im->calls);
        self::assertSame([], $this->rows('SELECT * FROM {blocks}'), 'it is no block');
    }

    public function testTheBlacklistOfDiscuzIsTheBlocksOfTheBar(): void
    {
        $this->logIn('alice');
        $_GET = ['op' => 'blacklist'];
        $_POST = ['blacklistsubmit' => '1', 'username' => ' bob '];
        (new plugin_nextim_home())->spacecp_friend_nextim_message(['param' => ['do_success']]);
        self::assertCount(1, $this->im->calls);
        self::assertTrue($this->ask('alice', 'buddies', ['ids' => '3'])[0]['blocked']);
        $_POST = [];
        $_GET = ['op' => 'blacklist', 'subop' => 'delete', 'uid' => '3'];
        (new plugin_nextim_home())->spacecp_friend_nextim_message(['param' => ['do_success']]);
        self::assertArrayNotHasKey('blocked', $this->ask('alice', 'buddies', ['ids' => '3'])[0]);
    }

    /** @return array<string, array{array<string, mixed>, string, string, string}> */
    public static function groupPages(): array
    {
        $in = 'INSERT INTO pre_forum_groupuser (fid, uid, level) VALUES (50, 4, 4)';
        $let = 'UPDATE pre_forum_groupuser SET level = 4 WHERE fid = 50 AND uid = 5';
        $out = 'DELETE FROM pre_forum_groupuser WHERE fid = 50 AND uid = 3';
        return [
            'join' => [['action' => 'join'], 'group_join_succeed', $in, 'carol joins 4'],
            'invited' => [['action' => 'join'], 'group_join_apply_succeed', $in, 'carol joins 4'],
            'out' => [['action' => 'out'], 'group_exit_succeed', $out, 'bob leaves 3'],
            'let in' => [['action' => 'manage', 'op' => 'checkuser', 'uid' => '5', 'checktype' => '1'],
                'group_moderate_succeed', $let, 'alice joins 5'],
            'removed' => [['action' => 'manage', 'op' => 'manageuser', 'muid' => [3 => '4'], 'targetlevel' => '5'],
                'group_setup_succeed', $out, 'alice leaves 3'],
        ];
    }

    /**
     * @dataProvider groupPages
     * @param array<string, mixed> $query
     */
    public function testRoomsFollowTheGroups(array $query, string $message, string $sql, string $expected): void
    {
        [$who, $verb, $uid] = explode(' ', $expected);
        $this->logIn($who);
        $GLOBALS['_G']['fid'] = '50';
        $_GET = $query;
        DB::query($sql);
        (new plugin_nextim_group())->group_nextim_message(['param' => ['group_not_done']]);
        self::assertSame([], $this->im->calls);
        (new mobileplugin_nextim_group())->group_nextim_message(['param' => [$message]]);
        self::assertSame([[$verb === 'joins' ? '/room/join' : '/room/leave', $uid]], $this->told());
        self::assertSame('50', $this->im->calls[0][1]['room']);
    }

    public function testAllWhoWaitedAreLetIn(): void
    {
        $this->logIn('alice');
        $GLOBALS['_G']['fid'] = '50';
        $_GET = ['action' => 'manage', 'op' => 'checkuser', 'checkall' => '1'];
        DB::query('UPDATE %t SET level = 4 WHERE fid = 50', ['forum_groupuser']);
        (new plugin_nextim_group())->group_nextim_message(['param' => ['group_moderate_succeed']]);
        self::assertContains(['/room/join', '5'], $this->told());
    }

    public function testWhoWaitsIsNotLetIn(): void
    {
        $this->logIn('dave');
        $GLOBALS['_G']['fid'] = '50';
        $_GET = ['action' => 'join'];
        (new plugin_nextim_group())->group_nextim_message(['param' => ['group_join_succeed']]);
        self::assertSame([['/room/leave', '5']], $this->told());
    }

    /** @param array<string, mixed> $forum */
    private function post(array $forum = [], array $query = [], string $message = 'post_newthread_succeed'): array
    {
        $this->im->calls = [];
        $GLOBALS['_G']['forum'] = $forum + ['fid' => 60, 'status' => '1', 'viewperm' => '', 'password' => '',
            'formulaperm' => ''];
        $_GET = $query + ['subject' => 'New "walks" (2026)'];
        $hook = ['param' => [$message, '', ['fid' => 60, 'tid' => 7, 'pid' => 8]]];
        (new plugin_nextim_forum())->post_nextim_message($hook);
        return $this->im->calls;
    }

    public function testANewThreadIsNews(): void
    {
        $calls = $this->post();
        self::assertCount(1, $calls);
        $body = "New \"walks\" (2026)\nhttps://forum.example/bbs/forum.php?mod=viewthread&tid=7";
        self::assertContains($body, $calls[0][1]);
        self::assertContains('channel:threads', $calls[0][1]);
        self::assertCount(1, $this->post(['viewperm' => "\t1\t7\t10\t"]));
        self::assertInstanceOf(plugin_nextim_forum::class, new mobileplugin_nextim_forum());
    }

    public function testWhatGuestsMayNotReadIsNoNews(): void
    {
        self::assertSame([], $this->post(['viewperm' => "\t1\t17\t"]));
        self::assertSame([], $this->post(['password' => 'x']));
        self::assertSame([], $this->post(['formulaperm' => 'a:1:{}']));
        self::assertSame([], $this->post(['status' => '3']));
        self::assertSame([], $this->post([], ['readperm' => '10']));
        self::assertSame([], $this->post([], ['cronpublish' => '1']));
        self::assertSame([], $this->post([], [], 'post_newthread_mod_succeed'));
        self::assertSame([], $this->post([], [], 'post_reply_succeed'));
        $this->set(['channels' => '0']);
        self::assertSame([], $this->post());
    }

    public function testABanEndsAllPages(): void
    {
        (new plugin_nextim())->savebanlog(['param' => ['bob', 10, 4, 0, 'reason']]);
        self::assertSame([['/presences/offline', '3']], $this->told());
        (new plugin_nextim())->savebanlog(['param' => ['bob', 4, 10, 0, 'lifted']]);
        (new mobileplugin_nextim())->savebanlog(['param' => ['nobody', 10, 5, 0, '']]);
        self::assertCount(1, $this->im->calls);
    }

    public function testADeletedMemberIsErased(): void
    {
        $this->ask('alice', 'message', ['to' => '3', 'body' => 'secret', 'type' => 'unicast']);
        $this->ask('bob', 'message', ['to' => '2', 'body' => 'stays', 'type' => 'unicast']);
        $this->im->calls = [];
        (new plugin_nextim())->deletemember(['param' => [[2, '4']], 'step' => 'check']);
        self::assertSame([], $this->im->calls);
        (new plugin_nextim())->deletemember(['param' => [[2, '4']], 'step' => 'delete']);
        self::assertSame([['/presences/offline', '2'], ['/presences/offline', '4']], $this->told());
        $bodies = array_column($this->rows('SELECT body FROM {messages} ORDER BY id'), 'body');
        self::assertSame(['', 'stays'], $bodies);
    }

    public function testNoEventThrows(): void
    {
        $this->im->status = 0;
        (new plugin_nextim())->savebanlog(['param' => ['bob', 10, 4]]);
        self::link()->query('RENAME TABLE pre_nextim_meta TO pre_hidden');
        (new plugin_nextim())->deletemember(['param' => [[2]], 'step' => 'delete']);
        self::link()->query('RENAME TABLE pre_hidden TO pre_nextim_meta');
        foreach ([new plugin_nextim(), new plugin_nextim_home(), new plugin_nextim_group()] as $hooks) {
            foreach (array_diff(get_class_methods($hooks), ['common', 'global_footer']) as $method) {
                $hooks->$method([]);
            }
        }
        self::assertNotSame([], $GLOBALS['_G']['test']['log']);
    }
}
