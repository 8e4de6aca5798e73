<?php

/*
 * The section of the profile for chat passwords, as a member's browser gets it.
 *
 * Owns: who sees it, what it makes and revokes. Must not: start a gateway.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

use NextIM\WordPress\Kit\Limits;

final class ProfileSectionTest extends SiteCase
{
    private const PAGE = '/wp-admin/profile.php';
    private const MADE = '~<code[^>]*>([a-z2-9]{24})</code>~';

    /** @param array<string, string> $form */
    private function send(Visitor $visitor, array $form): Answer
    {
        $nonce = (string) $visitor->get(self::PAGE)->find('~name="nextim_nonce" value="(\w+)"~');
        return $visitor->post(self::PAGE, $form + ['nextim_nonce' => $nonce]);
    }

    private function make(Visitor $visitor, string $device): Answer
    {
        return $this->send($visitor, ['nextim_chat_passwords' => 'make', 'nextim_device' => $device]);
    }

    /** What the gateway is answered. */
    private function logIn(int $user, string $password): int
    {
        $key = base64_encode('site:' . getenv('NEXTIM_APIKEY'));
        $body = (string) wp_json_encode(['action' => 'auth', 'user' => "$user", 'password' => $password]);
        $answer = wp_remote_post(getenv('WORLD_URL') . '/?nextim=xmpp', ['body' => $body, 'timeout' => 30,
            'headers' => ['Content-Type' => 'application/json', 'Authorization' => "Basic $key"]]);
        return (int) wp_remote_retrieve_response_code($answer);
    }

    public function testAPasswordIsShownOnceAndLogsIn(): void
    {
        $alice = Visitor::as('alice');
        $page = $alice->get(self::PAGE)->body;
        self::assertStringContainsString('>2@login.example</code>', $page);
        self::assertStringNotContainsString('Last log-in', $page, 'no device has one yet');
        $made = $this->make($alice, ' <b>My</b> "phone" 电话');
        $password = (string) $made->find(self::MADE);
        self::assertSame(24, strlen($password), $made->body);
        self::assertStringContainsString('&lt;b&gt;My&lt;/b&gt; &quot;phone&quot; 电话</td>', $made->body);
        self::assertSame([200, 401], [$this->logIn(self::ALICE, $password), $this->logIn(self::BOB, $password)]);
        $again = $alice->get(self::PAGE)->body;
        self::assertStringNotContainsString($password, $again);
        self::assertStringContainsString('电话', $again);
        self::assertStringNotContainsString('电话', Visitor::as('bob')->get(self::PAGE)->body);
        global $wpdb;
        self::assertStringNotContainsString($password, (string) wp_json_encode([
            $wpdb->get_results("SELECT * FROM {$wpdb->prefix}nextim_settings"),
            $wpdb->get_results("SELECT * FROM {$wpdb->options}"), $wpdb->get_results("SELECT * FROM {$wpdb->usermeta}"),
        ]));
    }

    public function testADeviceNeedsAName(): void
    {
        foreach (['', ' ', str_repeat('x', Limits::DEVICE_CHARS + 1), "a\x07b"] as $device) {
            $answer = $this->make(Visitor::as('alice'), $device);
            self::assertNull($answer->find(self::MADE), $device);
            self::assertStringContainsString('a name of 1 to ' . Limits::DEVICE_CHARS . ' characters', $answer->body);
        }
    }

    public function testEachIsRevokedByItsButton(): void
    {
        $alice = Visitor::as('alice');
        $stolen = (string) $this->make($alice, 'phone')->find(self::MADE);
        $kept = (string) $this->make($alice, 'desk')->find(self::MADE);
        $revoke = ['nextim_chat_passwords' => hash('sha256', $stolen)];
        self::assertStringContainsString('value="' . hash('sha256', $stolen) . '"', $alice->get(self::PAGE)->body);
        $this->send(Visitor::as('bob'), $revoke);
        self::assertSame(200, $this->logIn(self::ALICE, $stolen), 'of one\'s own only');
        $answer = $this->send($alice, $revoke);
        self::assertStringStartsWith(getenv('WORLD_URL') . self::PAGE . '?nextim-revoked=1', $answer->location);
        self::assertSame([401, 200], [$this->logIn(self::ALICE, $stolen), $this->logIn(self::ALICE, $kept)]);
        $page = $alice->get(self::PAGE . '?nextim-revoked=1')->body;
        self::assertStringContainsString('The chat password is revoked.', $page);
        self::assertStringNotContainsString('phone</td>', $page);
    }

    public function testWithoutTheNonceNothingHappens(): void
    {
        foreach ([[], ['nextim_nonce' => 'forged']] as $nonce) {
            $form = ['nextim_chat_passwords' => 'make', 'nextim_device' => 'phone'] + $nonce;
            self::assertSame(403, Visitor::as('alice')->post(self::PAGE, $form)->status);
        }
        $bobs = Visitor::as('bob')->get(self::PAGE)->find('~name="nextim_nonce" value="(\w+)"~');
        $form = ['nextim_chat_passwords' => 'make', 'nextim_device' => 'phone', 'nextim_nonce' => $bobs];
        self::assertSame(403, Visitor::as('alice')->post(self::PAGE, $form)->status);
        self::assertStringNotContainsString('Last log-in', Visitor::as('alice')->get(self::PAGE)->body);
    }

    public function testOnlyThoseWhoMayUseXmppHaveIt(): void
    {
        $has = fn(string $name): bool => str_contains(Visitor::as($name)->get(self::PAGE)->body, 'nextim-chat-passwords');
        $password = (string) $this->make(Visitor::as('alice'), 'phone')->find(self::MADE);
        $this->set(['xmpp_roles' => 'author administrator']);
        self::assertSame([false, true, 401], [$has('alice'), $has('admin'), $this->logIn(self::ALICE, $password)]);
        $this->set(['xmpp_roles' => 'subscriber']);
        self::assertSame([true, 200], [$has('alice'), $this->logIn(self::ALICE, $password)]);
        self::assertFalse($has('frank'), 'who may not chat');
        $this->set(['xmpp' => false]);
        self::assertSame([false, 401], [$has('alice'), $this->logIn(self::ALICE, $password)]);
    }

    public function testXmppIsOffAtFirst(): void
    {
        delete_option('nextim');
        self::assertSame('', $this->plugin()->options->config()->xmpp);
        $this->set(['xmpp' => true]);
        self::assertSame('127.0.0.1', $this->plugin()->options->config()->xmpp, 'by default the host of the site');
    }

    /** @dataProvider changes */
    public function testANewPasswordOfTheAccountRevokesAll(string $way): void
    {
        $login = 'conform' . wp_rand();
        $id = (int) wp_insert_user(['user_login' => $login, 'user_pass' => 'nextim', 'role' => 'subscriber',
            'user_email' => wp_rand() . '@example.org']);
        add_filter('pre_wp_mail', '__return_true');
        $passwords = $this->plugin()->handler()->chatPasswords();
        $password = $passwords->make($this->plugin()->handler()->site->host->people(["$id"], [])[0], 'phone');
        self::assertSame(200, $this->logIn($id, $password));
        $visitor = Visitor::as($way === 'by an administrator' ? 'admin' : $login);
        wp_update_user(['ID' => $id, 'display_name' => 'Grace']);
        self::assertSame(200, $this->logIn($id, $password), 'another change');
        match ($way) {
            'by the profile' => $this->submitProfile($visitor, self::PAGE, $id),
            'by an administrator' => $this->submitProfile($visitor, "/wp-admin/user-edit.php?user_id=$id", $id),
            'by a reset' => reset_password(get_userdata($id), 'a third'),
            'by a function of WordPress' => wp_set_password('a third', $id),
            'by the action since 6.2' => do_action('wp_set_password', 'a third', $id, get_userdata($id)),
            'hashed anew' => do_action('wp_set_password', 'nextim', $id, get_userdata($id)),
            'deleted' => (require_once ABSPATH . 'wp-admin/includes/user.php') && wp_delete_user($id),
        };
        self::assertSame($way === 'hashed anew' ? 200 : 401, $this->logIn($id, $password));
        global $wpdb;
        $kept = "SELECT COUNT(*) FROM {$wpdb->prefix}nextim_settings WHERE user = '$id' AND name LIKE 'chat:key:%'";
        self::assertSame($way === 'hashed anew' ? '1' : '0', $wpdb->get_var($kept));
        require_once ABSPATH . 'wp-admin/includes/user.php';
        wp_delete_user($id);
    }

    private function submitProfile(Visitor $visitor, string $page, int $id): void
    {
        $nonce = $visitor->get($page)->find('~name="_wpnonce" value="(\w+)"~');
        $file = (string) parse_url($page, PHP_URL_PATH);
        $answer = $visitor->post($file, ['action' => 'update', 'user_id' => $id, '_wpnonce' => $nonce, 'pass1' => 'a third',
            'pass2' => 'a third', 'email' => get_userdata($id)->user_email, 'nickname' => 'x', 'display_name' => 'x']);
        self::assertSame(302, $answer->status, $answer->body);
        wp_cache_flush();
    }

    /** @return array<string, array{string}> */
    public static function changes(): array
    {
        $ways = ['by the profile', 'by an administrator', 'by a reset', 'by a function of WordPress',
            'by the action since 6.2', 'hashed anew', 'deleted'];
        return array_combine($ways, array_map(fn(string $way): array => [$way], $ways));
    }

    /** @dataProvider languages */
    public function testItSpeaksChinese(string $locale, string $words): void
    {
        update_user_meta(self::ALICE, 'locale', $locale);
        try {
            self::assertStringContainsString($words, Visitor::as('alice')->get(self::PAGE)->body);
        } finally {
            delete_user_meta(self::ALICE, 'locale');
        }
    }

    /** @return list<array{string, string}> */
    public static function languages(): array
    {
        return [['zh_CN', '聊天密码'], ['zh_TW', '聊天密碼']];
    }
}
