<?php

declare(strict_types=1);

namespace NextIM\Discuz\Tests;

use DiscuzEnds;
use NextIM\Discuz\Kit\Limits;
use NextIM\Discuz\Kit\Request;
use plugin_nextim;
use plugin_nextim_home;
use plugin_nextim_member;

/** The page for chat passwords among a member's settings, and what revokes them. */
final class PasswordsTest extends ForumCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->set(['xmpp' => '1', 'xmpp_domain' => 'login.example']);
        $this->logIn('alice');
    }

    /** @param array<string, string> $form */
    private function page(array $form = [], string $hash = 'f0f0f0f0'): string
    {
        $_GET = $form === [] ? [] : $form + ['formhash' => $hash];
        $_SERVER['REQUEST_METHOD'] = $form === [] ? 'GET' : 'POST';
        $nextimPage = '';
        require getenv('PLUGIN_ROOT') . '/passwords.inc.php';
        return strtr(trim((string) file_get_contents(getenv('PLUGIN_ROOT') . '/template/passwords.htm')), [
            '$nextimPage' => $nextimPage]);
    }

    private function make(string $device = 'phone'): string
    {
        preg_match('~<code[^>]*>([a-z2-9]{24})</code>~', $this->page(['nextimmake' => '1', 'device' => $device]), $found);
        return $found[1] ?? '';
    }

    private function asksGateway(string $password, string $user = '2'): int
    {
        $body = (string) json_encode(['action' => 'auth', 'user' => $user, 'password' => $password]);
        $key = 'Basic ' . base64_encode('forum:key');
        return $this->plugin->answer(new Request('xmpp', 'POST', '', ['Authorization' => $key], $body))->status;
    }

    private function kept(): int
    {
        return count($this->rows("SELECT name FROM {settings} WHERE name LIKE 'chat:key:%'"));
    }

    public function testAPasswordIsShownOnceAndLogsIn(): void
    {
        self::assertStringContainsString('>2@login.example</code>', $this->page());
        $password = $this->make('<b>My</b> phone');
        self::assertSame([200, 401], [$this->asksGateway($password), $this->asksGateway($password, '3')]);
        $page = $this->page();
        self::assertStringContainsString('<td>&lt;b&gt;My&lt;/b&gt; phone</td>', $page);
        self::assertStringNotContainsString($password, $page);
        self::assertStringNotContainsString('nextim:device', $page, 'each word is in the file');
    }

    public function testADeviceNeedsAName(): void
    {
        foreach ([' ', str_repeat('x', Limits::DEVICE_CHARS + 1)] as $device) {
            $page = $this->page(['nextimmake' => '1', 'device' => $device]);
            self::assertStringContainsString('a name of 1 to ' . Limits::DEVICE_CHARS . ' characters', $page);
        }
        self::assertSame(0, $this->kept());
        for ($number = 0; $number < Limits::CHAT_PASSWORDS; $number++) {
            $this->make("device $number");
        }
        self::assertStringContainsString('Revoke one first.', $this->page());
    }

    public function testEachIsRevoked(): void
    {
        [$stolen, $kept] = [$this->make(), $this->make('desk')];
        $page = $this->page(['nextimrevoke' => hash('sha256', $stolen)]);
        self::assertStringContainsString('The chat password is revoked.', $page);
        self::assertStringNotContainsString('<td>phone</td>', $page);
        self::assertSame([401, 200], [$this->asksGateway($stolen), $this->asksGateway($kept)]);
    }

    public function testAForgedFormDoesNothing(): void
    {
        $password = $this->make();
        foreach ([['nextimmake' => '1', 'device' => 'x'], ['nextimrevoke' => hash('sha256', $password)]] as $form) {
            try {
                $this->page($form, 'wrong');
                self::fail('it was taken');
            } catch (DiscuzEnds $end) {
                self::assertSame('submit_invalid', $end->getMessage());
            }
        }
        self::assertSame([1, 200], [$this->kept(), $this->asksGateway($password)]);
    }

    public function testItIsForTheGroupsThatMayUseXmpp(): void
    {
        $password = $this->make();
        $this->set(['xmpp' => '1', 'xmpp_groups' => ['11']]);
        self::assertSame('<p>You may not do this.</p>', $this->page(['nextimmake' => '1', 'device' => 'x']));
        self::assertSame([1, 401], [$this->kept(), $this->asksGateway($password)]);
        self::member(2, 'groupid = 11');
        $this->begin();
        self::assertSame(200, $this->asksGateway($password));
    }

    public function testWithoutXmppThereIsNoSuchPage(): void
    {
        $password = $this->make();
        $pages = ['nextim:passwords' => ['name' => 'Chat passwords'], 'other:page' => ['name' => 'Other']];
        $GLOBALS['_G']['setting']['plugins']['spacecp'] = $pages;
        (new plugin_nextim())->common();
        self::assertSame($pages, $GLOBALS['_G']['setting']['plugins']['spacecp']);
        $this->set([]);
        (new plugin_nextim())->common();
        self::assertSame(['other:page'], array_keys($GLOBALS['_G']['setting']['plugins']['spacecp']));
        self::assertSame(401, $this->asksGateway($password));
        self::assertSame('<p>You may not do this.</p>', $this->page());
    }

    public function testANewPasswordOfTheAccountAndItsEndRevokeAll(): void
    {
        $password = $this->make();
        $profile = function (array $query): void {
            $_GET = $query;
            (new plugin_nextim_home())->spacecp_profile_nextim_message(['param' => ['profile_succeed']]);
        };
        $profile(['newpassword' => '', 'questionidnew' => '2']);
        self::assertSame(200, $this->asksGateway($password), 'another question is no new password');
        $profile(['newpassword' => 'new']);
        self::assertSame([0, 401], [$this->kept(), $this->asksGateway($password)]);
        $this->make();
        $_GET = ['uid' => '2'];
        (new plugin_nextim_member())->getpasswd_nextim_message(['param' => ['getpasswd_succeed']]);
        self::assertSame(0, $this->kept());
        $this->make();
        (new plugin_nextim())->deletemember(['param' => [[2]], 'step' => 'delete']);
        self::assertSame(0, $this->kept());
    }
}
