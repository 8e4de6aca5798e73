<?php

/*
 * A user, as others see the user.
 *
 * Owns: the values that cross from the host. Must not: be changed.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Person
{
    /**
     * @param string $id the host's key of the user, which never changes, as text
     * @param string $uid the number in links; the id if there is none
     * @param string $status the line of text beside the presence
     * @param string $group the contact group, of a contact
     * @param string $session of the user who asks: the secret of the host's session; never stored as it is
     * @param ?int $expires of the user who asks: when that session ends, in ms; null if with the browser
     */
    public function __construct(
        public readonly string $id,
        public readonly string $uid,
        public readonly string $nick,
        public readonly string $url = '',
        public readonly string $picUrl = '',
        public readonly string $status = '',
        public readonly string $group = '',
        public readonly string $session = '',
        public readonly ?int $expires = null,
    ) {
    }

    /** The same user, who has logged in by this session and stays so. */
    public function loggedIn(string $session): self
    {
        return new self($this->id, $this->uid, $this->nick, $this->url, $this->picUrl, $this->status, '', $session);
    }

    /** Whether the message server can take this as the name of a user or a room. */
    public static function isName(string $id): bool
    {
        return $id !== '' && strlen($id) <= Limits::ID_BYTES && mb_check_encoding($id, 'UTF-8')
            && preg_match('/[\p{Cc},]/u', $id) === 0 && !str_starts_with($id, 'xmpp:') && trim($id) === $id;
    }
}
