<?php

/*
 * The section of a member's profile for chat passwords, which clients of XMPP log in with.
 *
 * Owns: what it shows, and the form behind it. Must not: keep a password that was made: it stands in the answer to the
 * form, and nowhere else.
 *
 * The profile is one large form, so this one stands at the foot of the page, and the fields in the section name it.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

use NextIM\Site\ChatPasswords;
use NextIM\Site\Limits;
use NextIM\Site\Person;
use NextIM\Site\Refusal;

final class ProfileSection
{
    private const ID = 'nextim-chat-passwords';
    private const FORM = self::ID . '-form';
    private const ACTION = 'nextim_chat_passwords';
    private const NONCE = 'nextim_nonce';
    private const REVOKED = 'nextim-revoked';

    private string $made = '';
    private string $error = '';
    private string $device = '';

    public function __construct(private readonly Plugin $plugin)
    {
    }

    public function start(): void
    {
        add_action('load-profile.php', fn() => $this->member($this->act(...)));
        add_action('show_user_profile', fn() => $this->member($this->show(...)));
        add_action('admin_footer-profile.php', fn() => $this->member($this->form(...)));
    }

    /** @param callable(Person, ChatPasswords): void $what is for those who may use XMPP */
    private function member(callable $what): void
    {
        if ($this->plugin->options->config()->xmpp === '') {
            return;
        }
        // The roles of a network's chat are those on its main site.
        $this->plugin->onSite($this->plugin->options->isNetwork, function () use ($what): void {
            $passwords = $this->plugin->handler()->chatPasswords();
            $me = $this->plugin->handler()->site->host->people([(string) get_current_user_id()], [])[0] ?? null;
            try {
                $me === null || $passwords->admit($me);
            } catch (Refusal) {
                return;
            }
            $me === null || $what($me, $passwords);
        });
    }

    private function act(Person $me, ChatPasswords $passwords): void
    {
        $sent = wp_unslash($_POST[self::ACTION] ?? null);
        if (!is_string($sent)) {
            return;
        }
        check_admin_referer(self::ACTION, self::NONCE);
        if ($sent !== 'make') {
            $this->revoke($me, $passwords, $sent);
            return;
        }
        $device = wp_unslash($_POST['nextim_device'] ?? '');
        $this->device = is_string($device) ? $device : '';
        try {
            $this->made = $passwords->make($me, $this->device);
        } catch (Refusal) {
            /* translators: %d: a number */
            $words = __('Please give the device a name of 1 to %d characters.', 'nextim');
            $this->error = sprintf($words, Limits::DEVICE_CHARS);
        }
        nocache_headers();
    }

    private function revoke(Person $me, ChatPasswords $passwords, string $id): void
    {
        try {
            $passwords->revoke($me, $id);
        } catch (Refusal) {
            // It was revoked on another page.
        }
        wp_safe_redirect(add_query_arg(self::REVOKED, '1', self_admin_url('profile.php')) . '#' . self::ID);
        exit;
    }

    private function show(Person $me, ChatPasswords $passwords): void
    {
        $kept = $passwords->of($me);
        $address = $passwords->address($me);
        echo '<div id="', esc_attr(self::ID), '"><h2>', esc_html__('Chat passwords', 'nextim'), '</h2><p>',
            esc_html__('Chat from your phone or computer with any client of XMPP, as the person you are here. Each'
                . ' device gets a password of its own, which opens nothing but the chat.', 'nextim'), '</p>';
        $this->notices($address);
        echo '<table class="form-table" role="presentation"><tr><th scope="row">', esc_html__('Your address', 'nextim'),
            '</th><td>', self::code($address), '<p class="description">',
            esc_html__('A client may call it JID, XMPP address or account.', 'nextim'), '</p></td></tr>';
        $this->field(count($kept));
        echo '</table>';
        $kept === [] || $this->list($kept);
        echo '</div>';
    }

    private function notices(string $address): void
    {
        if ($this->made !== '') {
            self::notice('success', '<strong>' . esc_html__('Your new chat password', 'nextim') . '</strong></p><p>'
                . self::code($this->made) . '</p><p>' . sprintf(
                    /* translators: %s: an address */
                    esc_html__('Type it into the client now, with the address %s. It is not shown again.', 'nextim'),
                    self::code($address),
                ));
        } elseif ($this->error !== '') {
            self::notice('error', esc_html($this->error));
        } elseif (isset($_GET[self::REVOKED])) {
            self::notice('success', esc_html__('The chat password is revoked.', 'nextim'));
        }
    }

    private static function notice(string $kind, string $html): void
    {
        echo "<div class=\"notice notice-$kind inline\" role=\"status\"><p>$html</p></div>";
    }

    /** A text to copy: one click selects it all. */
    private static function code(string $text): string
    {
        return '<code style="user-select: all; -webkit-user-select: all">' . esc_html($text) . '</code>';
    }

    private function field(int $count): void
    {
        echo '<tr><th scope="row"><label for="nextim-device">', esc_html__('New device', 'nextim'), '</label></th><td>';
        if ($count >= Limits::CHAT_PASSWORDS) {
            echo esc_html__('You have as many chat passwords as one member may have. Revoke one first.', 'nextim'),
                '</td></tr>';
            return;
        }
        $named = $this->made === '' ? $this->device : '';
        echo '<input type="text" id="nextim-device" class="regular-text" form="', esc_attr(self::FORM),
            '" name="nextim_device" required maxlength="', (int) Limits::DEVICE_CHARS, '" placeholder="',
            esc_attr__('My phone', 'nextim'), '" autocomplete="off" aria-describedby="nextim-device-help" value="',
            esc_attr($named),
            '"> <button class="button" form="', esc_attr(self::FORM), '" name="', esc_attr(self::ACTION),
            '" value="make">', esc_html__('Make a password', 'nextim'), '</button>',
            '<p class="description" id="nextim-device-help">',
            esc_html__('A name by which you will know the device.', 'nextim'), '</p></td></tr>';
    }

    /** @param list<array{id: string, device: string, created: int, used: int}> $kept */
    private function list(array $kept): void
    {
        echo '<table class="widefat striped" style="max-width: 60em"><thead><tr>';
        $revoke = __('Revoke', 'nextim');
        foreach ([__('Device', 'nextim'), __('Made', 'nextim'), __('Last log-in', 'nextim')] as $title) {
            echo '<th scope="col">', esc_html($title), '</th>';
        }
        echo '<td><span class="screen-reader-text">', esc_html($revoke), '</span></td></tr></thead><tbody>';
        foreach ($kept as ['id' => $id, 'device' => $device, 'created' => $created, 'used' => $used]) {
            $used = $used === 0 ? __('never', 'nextim') : self::date($used);
            /* translators: %s: the name of a device */
            $label = sprintf(__('Revoke the password of %s', 'nextim'), $device);
            echo '<tr>', self::cell(esc_html($device)), self::cell(esc_html(self::date($created))),
                self::cell(esc_html($used)), self::cell('<button class="button" form="' . esc_attr(self::FORM)
                    . '" name="' . esc_attr(self::ACTION) . '" value="' . esc_attr($id) . '" aria-label="'
                    . esc_attr($label) . '" formnovalidate>' . esc_html($revoke) . '</button>'), '</tr>';
        }
        echo '</tbody></table><p class="description">', esc_html__('Revoking one logs all your devices out; the others'
            . ' log in again by themselves. A new password of your account revokes all.', 'nextim'), '</p>';
    }

    /** On one line with the button at its end. */
    private static function cell(string $html): string
    {
        return "<td style=\"vertical-align: middle; overflow-wrap: anywhere\">$html</td>";
    }

    private static function date(int $ms): string
    {
        return (string) wp_date(get_option('date_format'), intdiv($ms, 1000));
    }

    private function form(): void
    {
        $page = self_admin_url('profile.php') . '#' . self::ID;
        echo '<form id="', esc_attr(self::FORM), '" method="post" action="', esc_url($page), '">',
            wp_nonce_field(self::ACTION, self::NONCE, false, false), '</form>';
    }
}
