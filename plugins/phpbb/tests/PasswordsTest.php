<?php

/*
 * Tests of the page for chat passwords.
 *
 * Owns: what a member makes and revokes there, and what revokes all. Must not: start a gateway.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use NextIM\Site\Limits;
use nextim\bar\controller\Webim;
use nextim\bar\core\PasswordsPage;
use nextim\bar\event\Events;
use phpbb\world;

final class PasswordsTest extends BoardCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->config['nextim_xmpp'] = '1';
        $this->config['nextim_xmpp_domain'] = 'login.example';
        $this->auth->rights = [2 => ['u_nextim', 'u_nextim_xmpp'], 3 => ['u_nextim']];
        $this->logIn();
    }

    /** @param array<string, string> $form @return array<string, mixed> what the template is given */
    private function page(array $form = []): array
    {
        $this->request->variables = $form;
        $this->template->blocks = $this->template->vars = [];
        (new PasswordsPage($this->plugin, $this->user, $this->language, $this->request, $this->template))->show('ucp.php?i=1');
        return $this->template->vars;
    }

    private function make(string $device = 'phone'): string
    {
        return $this->page(['make' => 'x', 'device' => $device])['MADE'];
    }

    private function auth(string $password, string $user = self::ALICE): int
    {
        $body = (string) json_encode(['action' => 'auth', 'user' => $user, 'password' => $password]);
        $request = new \NextIM\Site\Request('xmpp', 'POST', '', ['Authorization' => 'Basic '
            . base64_encode('forum.example:key'), 'Content-Type' => 'application/json'], $body);
        return $this->plugin->handler()->handle($request)->status;
    }

    private function kept(): int
    {
        return $this->db->value("SELECT COUNT(*) FROM phpbb_nextim_settings WHERE name LIKE 'chat:key:%'");
    }

    public function testAPasswordIsShownOnceAndLogsIn(): void
    {
        $page = $this->page();
        self::assertSame(['2@login.example', '', ''], [$page['ADDRESS'], $page['MADE'], $page['ERROR']]);
        $password = $this->make(' <b>My</b> phone ');
        self::assertMatchesRegularExpression('/^[a-z2-9]{24}$/D', $password);
        self::assertSame('&lt;b&gt;My&lt;/b&gt; phone', $this->template->blocks['passwords'][0]['DEVICE']);
        self::assertSame('NEXTIM_NEVER', $this->template->blocks['passwords'][0]['USED']);
        self::assertSame([200, 401], [$this->auth($password), $this->auth($password, self::BOB)]);
        self::assertSame('', $this->page()['MADE']);
        self::assertSame(gmdate('Y-m-d'), $this->template->blocks['passwords'][0]['USED']);
    }

    public function testADeviceNeedsAName(): void
    {
        foreach (['', str_repeat('x', Limits::DEVICE_CHARS + 1)] as $device) {
            $words = 'NEXTIM_DEVICE_NAME ' . Limits::DEVICE_CHARS;
            self::assertSame($words, $this->page(['make' => 'x', 'device' => $device])['ERROR']);
        }
        self::assertSame(0, $this->kept());
        for ($number = 0; $number < Limits::CHAT_PASSWORDS; $number++) {
            $this->make("device $number");
        }
        self::assertTrue($this->page()['S_FULL']);
    }

    public function testEachIsRevoked(): void
    {
        [$stolen, $kept] = [$this->make(), $this->make('desk')];
        self::assertSame('NEXTIM_REVOKED', $this->page(['revoke' => hash('sha256', $stolen)])['DONE']);
        self::assertSame(['desk'], array_column($this->template->blocks['passwords'], 'DEVICE'));
        self::assertSame([401, 200], [$this->auth($stolen), $this->auth($kept)]);
    }

    public function testAFormOfAnotherSiteDoesNothing(): void
    {
        $password = $this->make();
        world::$isFormRight = false;
        self::assertSame('FORM_INVALID', $this->page(['make' => 'x', 'device' => 'forged'])['ERROR']);
        self::assertSame('FORM_INVALID', $this->page(['revoke' => hash('sha256', $password)])['ERROR']);
        self::assertSame([1, 200], [$this->kept(), $this->auth($password)]);
    }

    public function testItIsForThoseWithThePermission(): void
    {
        $password = $this->make();
        $this->auth->rights[2] = ['u_nextim'];
        self::assertSame(['NEXTIM_MAY_NOT', 'ucp.php?i=1'], array_values($this->page(['make' => 'x', 'device' => 'x'])));
        self::assertSame([1, 401], [$this->kept(), $this->auth($password)]);
        $this->auth->rights[2][] = 'u_nextim_xmpp';
        self::assertSame(200, $this->auth($password));
        $this->config['nextim_xmpp'] = '0';
        $this->plugin->forget();
        self::assertSame(401, $this->auth($password), 'XMPP is off');
    }

    public function testANewPasswordOfTheAccountAndItsEndRevokeAll(): void
    {
        $events = new Events($this->plugin, $this->board, $this->user, $this->db);
        $password = $this->make();
        $log = ['mode' => 'user', 'sql_ary' => ['reportee_id' => 2], 'log_operation' => 'LOG_USER_UPDATE_EMAIL'];
        $events->logged($this->event($log));
        self::assertSame(200, $this->auth($password));
        $events->logged($this->event(['log_operation' => 'LOG_USER_NEW_PASSWORD'] + $log));
        self::assertSame([0, 401], [$this->kept(), $this->auth($password)]);
        $this->make();
        $events->deleted($this->event(['user_ids' => [2]]));
        self::assertSame(0, $this->kept());
    }

    public function testTheGatewayLeavesNoSessionBehind(): void
    {
        $this->db->file->exec("INSERT INTO phpbb_sessions VALUES ('guest', 1, 1, 0)");
        $this->user->session_id = 'guest';
        $this->user->data = ['user_id' => ANONYMOUS, 'session_created' => true] + $this->user->data;
        $this->send('POST');
        self::assertSame(401, (new Webim($this->plugin, $this->call, $this->user, $this->db))->answer('xmpp')->status);
        self::assertSame(0, $this->db->value("SELECT COUNT(*) FROM phpbb_sessions WHERE session_id = 'guest'"));
    }
}
