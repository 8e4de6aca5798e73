<?php

/*
 * The page on which a member makes and revokes chat passwords, which clients of XMPP log in with.
 *
 * Owns: its form. Must not: keep a password that was made: it stands in the answer to the form, and nowhere else.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

use NextIM\Site\ChatPasswords;
use NextIM\Site\Limits;
use NextIM\Site\Person;
use NextIM\Site\Refusal;

final class PasswordsPage
{
    private const ADDRESS = 'home.php?mod=spacecp&ac=plugin&id=nextim:passwords';
    private const MAKE = 'nextimmake';
    private const REVOKE = 'nextimrevoke';

    public function __construct(private readonly Plugin $plugin)
    {
    }

    /** Does what was sent, and returns the page as HTML. */
    public function run(): string
    {
        $passwords = $this->plugin->handler()->chatPasswords();
        try {
            $me = $this->plugin->host->people([(string) (int) getglobal('uid')], [])[0] ?? throw Refusal::logInFirst();
            $passwords->admit($me);
        } catch (Refusal) {
            return '<p>' . self::word('not_allowed') . '</p>';
        }
        $said = match (true) {
            submitcheck(self::MAKE) => $this->make($me, $passwords),
            submitcheck(self::REVOKE) => $this->revoke($me, $passwords),
            default => '',
        };
        $kept = $passwords->of($me);
        $address = self::code($passwords->address($me));
        return '<h2 class="mtm mbm">' . self::word('passwords') . '</h2><p class="mbm">' . self::word('passwords_help')
            . "</p>$said<p class=\"mbm\">" . self::word('address') . ": $address</p>"
            . $this->form(count($kept)) . $this->list($kept);
    }

    private function make(Person $me, ChatPasswords $passwords): string
    {
        try {
            $made = $passwords->make($me, is_string($_GET['device'] ?? null) ? $_GET['device'] : '');
            return '<p class="mbm" role="status"><strong>' . self::word('made') . ':</strong> ' . self::code($made)
                . '<br>' . self::word('made_help') . '</p>';
        } catch (Refusal) {
            $words = dhtmlspecialchars(Words::of('device_name', ['most' => (string) Limits::DEVICE_CHARS]));
            return "<p class=\"mbm xi1\" role=\"status\">$words</p>";
        }
    }

    private function revoke(Person $me, ChatPasswords $passwords): string
    {
        try {
            $passwords->revoke($me, is_string($_GET[self::REVOKE]) ? $_GET[self::REVOKE] : '');
        } catch (Refusal) {
            // It was revoked on another page.
        }
        return '<p class="mbm" role="status">' . self::word('revoked') . '</p>';
    }

    private function form(int $count): string
    {
        if ($count >= Limits::CHAT_PASSWORDS) {
            return '<p class="mbm">' . self::word('devices_full') . '</p>';
        }
        return self::begin() . '<p class="mbm"><label for="nextim-device">' . self::word('new_device') . '</label>'
            . ' <input class="px vm" id="nextim-device" name="device" required autocomplete="off" maxlength="'
            . Limits::DEVICE_CHARS . '"> <button class="pn vm" name="' . self::MAKE . '" value="1"><span>'
            . self::word('make') . '</span></button></p></form>';
    }

    /** @param list<array{id: string, device: string, created: int, used: int}> $kept */
    private function list(array $kept): string
    {
        $rows = '';
        foreach ($kept as ['id' => $id, 'device' => $device, 'created' => $created, 'used' => $used]) {
            $lastUse = $used === 0 ? self::word('never') : self::date($used);
            $cells = [dhtmlspecialchars($device), self::date($created), $lastUse,
                '<button class="pn vm" name="' . self::REVOKE . "\" value=\"$id\"><span>" . self::word('revoke')
                    . '</span></button>'];
            $rows .= '<tr><td>' . implode('</td><td>', $cells) . '</td></tr>';
        }
        $titles = implode('</td><td>', array_map(self::word(...), ['device', 'created', 'used', 'revoke']));
        return $rows === '' ? '' : self::begin() . '<table cellspacing="0" cellpadding="0" class="dt mtm">'
            . "<thead class=\"alt\"><tr><td>$titles</td></tr></thead>$rows</table></form><p class=\"mtm\">"
            . self::word('revoke_help') . '</p>';
    }

    private static function begin(): string
    {
        $hash = dhtmlspecialchars((string) getglobal('formhash'));
        return '<form method="post" action="' . dhtmlspecialchars(self::ADDRESS)
            . "\"><input type=\"hidden\" name=\"formhash\" value=\"$hash\">";
    }

    private static function date(int $ms): string
    {
        return dhtmlspecialchars((string) dgmdate(intdiv($ms, 1000), 'd'));
    }

    private static function word(string $name): string
    {
        return dhtmlspecialchars(Words::of($name));
    }

    private static function code(string $text): string
    {
        return '<code style="user-select: all">' . dhtmlspecialchars($text) . '</code>';
    }
}
