<?php

/*
 * The page on which a member makes and revokes chat passwords, which clients of XMPP log in with.
 *
 * Owns: its form. Must not: keep a password that was made: it stands in the answer to the form, and nowhere else.
 */

declare(strict_types=1);

namespace nextim\bar\core;

use NextIM\Site\ChatPasswords;
use NextIM\Site\Limits;
use NextIM\Site\Person;
use NextIM\Site\Refusal;
use phpbb\language\language;
use phpbb\request\request_interface;
use phpbb\template\template;
use phpbb\user;

final class PasswordsPage
{
    private const FORM = 'nextim_chat_passwords';

    public function __construct(
        private readonly Plugin $plugin,
        private readonly user $user,
        private readonly language $language,
        private readonly request_interface $request,
        private readonly template $template,
    ) {
    }

    /** Shows the page that has this address, and does what its form has sent. */
    public function show(string $action): void
    {
        $this->language->add_lang('common', 'nextim/bar');
        add_form_key(self::FORM);
        $passwords = $this->plugin->handler()->chatPasswords();
        $me = $this->plugin->host->people([(string) $this->user->data['user_id']], [])[0] ?? null;
        [$made, $done, $error] = ['', '', ''];
        try {
            $passwords->admit($me ?? throw Refusal::logInFirst());
        } catch (Refusal) {
            $this->template->assign_vars(['ERROR' => $this->language->lang('NEXTIM_MAY_NOT'), 'U_ACTION' => $action]);
            return;
        }
        if ($this->request->is_set_post('make') || $this->request->is_set_post('revoke')) {
            [$made, $done, $error] = check_form_key(self::FORM)
                ? $this->act($me, $passwords)
                : ['', '', $this->language->lang('FORM_INVALID')];
        }
        $kept = $passwords->of($me);
        $this->list($kept);
        $this->template->assign_vars(['MADE' => $made, 'DONE' => $done, 'ERROR' => $error, 'U_ACTION' => $action,
            'ADDRESS' => self::escaped($passwords->address($me)), 'DEVICE_MAX' => Limits::DEVICE_CHARS,
            'S_FULL' => count($kept) >= Limits::CHAT_PASSWORDS]);
    }

    /** @return array{string, string, string} the password that was made, and words about what was done or is wrong */
    private function act(Person $me, ChatPasswords $passwords): array
    {
        if ($this->request->is_set_post('make')) {
            try {
                $device = Board::plain($this->request->variable('device', '', true));
                return [$passwords->make($me, $device), '', ''];
            } catch (Refusal) {
                return ['', '', $this->language->lang('NEXTIM_DEVICE_NAME', Limits::DEVICE_CHARS)];
            }
        }
        try {
            $passwords->revoke($me, $this->request->variable('revoke', ''));
        } catch (Refusal) {
            // It was revoked on another page.
        }
        return ['', $this->language->lang('NEXTIM_REVOKED'), ''];
    }

    /** @param list<array{id: string, device: string, created: int, used: int}> $kept */
    private function list(array $kept): void
    {
        foreach ($kept as $password) {
            $used = intdiv($password['used'], 1000);
            $this->template->assign_block_vars('passwords', [
                'ID' => $password['id'],
                'DEVICE' => self::escaped($password['device']),
                'CREATED' => $this->user->format_date(intdiv($password['created'], 1000)),
                'USED' => $used === 0 ? $this->language->lang('NEXTIM_NEVER') : $this->user->format_date($used),
            ]);
        }
    }

    private static function escaped(string $text): string
    {
        return htmlspecialchars($text, ENT_COMPAT, 'UTF-8');
    }
}
