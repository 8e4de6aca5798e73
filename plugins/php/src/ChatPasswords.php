<?php

/*
 * Chat passwords: what clients of XMPP log in with, one for each device.
 *
 * Owns: the settings `chat:…` of users, making and revoking passwords, and the check of a log-in. Must not: keep a
 * password; only its hash is kept, and nobody can read it again.
 *
 * A password has 120 random bits, so one hash without salt is enough, and a right one is accepted even while failures
 * of others have used up a limit.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class ChatPasswords
{
    /** What the names of these settings begin with. */
    public const SETTING = 'chat:';
    /** Clients of the user must log in before they go online. */
    private const LOGGED_OUT = 'chat:out';
    private const PASSWORD = 'chat:key:';
    /** 32 characters that are not taken for one another: five bits each. */
    private const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
    private const OF = 'SELECT name, "value" FROM {settings} WHERE "user" = ? AND name >= ? AND name < ?';
    private const ONE = 'SELECT "value" FROM {settings} WHERE "user" = ? AND name = ?';
    private const REMOVE = 'DELETE FROM {settings} WHERE "user" = ? AND name = ?';
    private const REMOVE_ALL = 'DELETE FROM {settings} WHERE "user" = ? AND name >= ? AND name < ?';

    public function __construct(private readonly Site $site)
    {
    }

    /** The address that a user logs in with: XEP-0106 escapes what an address cannot have. */
    public function address(Person $me): string
    {
        $codes = '20|22|26|27|2f|3a|3c|3e|40|5c';
        $escape = fn(array $found): string => '\\' . bin2hex($found[0]);
        $local = preg_replace_callback("~[ \"&'/:<>@]|\\\\(?=$codes)~", $escape, $me->id);
        return "$local@{$this->site->config->xmpp}";
    }

    /** Makes a password for a device, and returns it: nobody can read it later. */
    public function make(Person $me, string $device): string
    {
        $this->admit($me);
        $device = Params::trimmed($device);
        if (preg_match('/^[^\p{Cc}]{1,' . Limits::DEVICE_CHARS . '}$/Du', $device) !== 1) {
            throw new Refusal(422, 'A device has a name of 1 to ' . Limits::DEVICE_CHARS . ' characters.');
        }
        if (count($this->of($me)) >= Limits::CHAT_PASSWORDS) {
            throw new Refusal(422, 'You have too many chat passwords. Please revoke one first.');
        }
        $password = '';
        foreach (str_split(random_bytes(Limits::CHAT_PASSWORD_CHARS)) as $byte) {
            $password .= self::ALPHABET[ord($byte) % 32];
        }
        $kept = ['device' => $device, 'created' => $this->site->config->now(), 'used' => 0];
        $this->site->records->set($me->id, [self::name($password) => $kept]);
        return $password;
    }

    /**
     * The passwords of a user, the oldest first.
     *
     * @return list<array{id: string, device: string, created: int, used: int}>
     */
    public function of(Person $me): array
    {
        $found = [];
        foreach ($this->site->store->rows(self::OF, [$me->id, self::PASSWORD, self::PASSWORD . 'g']) as $row) {
            $kept = (array) json_decode((string) $row['value'], true);
            $found[] = ['id' => substr((string) $row['name'], strlen(self::PASSWORD)),
                'device' => (string) ($kept['device'] ?? ''), 'created' => (int) ($kept['created'] ?? 0),
                'used' => (int) ($kept['used'] ?? 0)];
        }
        usort($found, fn(array $a, array $b): int => $a['created'] <=> $b['created']);
        return $found;
    }

    /**
     * Revokes a password. All clients of the user are logged out, for the site does not know which of them used it;
     * those with another password log in again by themselves.
     */
    public function revoke(Person $me, string $id): void
    {
        if ($this->site->store->run(self::REMOVE, [$me->id, self::PASSWORD . $id]) === 0) {
            throw Refusal::notFound('There is no such chat password any more.');
        }
        $this->logOut($me->id);
    }

    /** Revokes all passwords of a user, who has a new password at the site. */
    public function revokeAll(string $user): void
    {
        if ($this->site->store->run(self::REMOVE_ALL, [$user, self::PASSWORD, self::PASSWORD . 'g']) > 0) {
            $this->logOut($user);
        }
    }

    /** Refuses a user for whom clients of XMPP are not. */
    public function admit(Person $me): void
    {
        if ($this->site->config->xmpp === '') {
            throw Refusal::forbidden('This site lets nobody chat by XMPP.');
        }
        $this->site->mustMay($me, 'chat');
        $this->site->mustMay($me, 'xmpp');
    }

    /** `auth`: a client logs in, as a user of this name. */
    public function auth(?Person $me, Params $params): Response
    {
        if ($me !== null && $this->isRight($me, $params->get('password'))) {
            return Response::json(['user' => $me->id]);
        }
        $this->site->rates->fail($params->short('address', Limits::ID_BYTES), $params->short('user', Limits::ID_BYTES));
        throw new Refusal(401, 'The user name or the password is wrong.');
    }

    public function isLoggedOut(Person $me): bool
    {
        return $this->site->store->rows(self::ONE, [$me->id, self::LOGGED_OUT]) !== [];
    }

    private function isRight(Person $me, string $password): bool
    {
        try {
            $this->admit($me);
        } catch (Refusal) {
            return false;
        }
        $name = self::name($password);
        $row = $this->site->store->rows(self::ONE, [$me->id, $name])[0] ?? null;
        if ($row === null) {
            return false;
        }
        $kept = ['used' => $this->site->config->now()] + (array) json_decode((string) $row['value'], true);
        $this->site->records->set($me->id, [$name => $kept]);
        $this->site->store->run(self::REMOVE, [$me->id, self::LOGGED_OUT]);
        return true;
    }

    private function logOut(string $user): void
    {
        $this->site->records->set($user, [self::LOGGED_OUT => true]);
        $this->site->tell->loggedOut(Xmpp::session($this->site, $user));
    }

    private static function name(string $password): string
    {
        return self::PASSWORD . hash('sha256', $password);
    }
}
