<?php

/*
 * Events on the host's pages that concern the chat.
 *
 * Owns: one function for each such event, which passes it on to the message server. Must not: throw, or hold a page up
 * for longer than a second.
 *
 * The host calls these after its own transaction. After a call that failed, none is made for some seconds: a server
 * that is down slows one page, not all. Log-outs that could not be passed on are kept, and passed on before the user
 * goes online.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Tell
{
    private const TICKET = 'ticket ';
    private const NAME = 'name ';

    public function __construct(private readonly Site $site)
    {
    }

    /** A log-in has ended: the pages that came online by it go offline, and no other pages of the user. */
    public function loggedOut(string $session): void
    {
        $this->kept(function () use ($session): void {
            $tickets = $session === '' ? [] : $this->site->records->takeTickets($session);
            $this->end(array_map(fn(string $ticket): string => self::TICKET . $this->sealed($ticket), $tickets));
        });
    }

    /** All log-ins of a user have ended: all pages of the user go offline. */
    public function loggedOutEverywhere(string $user): void
    {
        $this->kept(function () use ($user): void {
            $this->site->records->removeTicketsOf($user);
            $this->end([self::NAME . $user]);
        });
    }

    /** A user has a new password at the site: the chat passwords of devices are revoked, too. */
    public function newPassword(string $user): void
    {
        $this->kept(fn() => (new ChatPasswords($this->site))->revokeAll($user));
        $this->loggedOutEverywhere($user);
    }

    /** A user was banned. */
    public function banned(string $user): void
    {
        $this->loggedOutEverywhere($user);
    }

    /** A user was deleted. The texts go by `Privacy::erase`. */
    public function erased(string $user): void
    {
        $this->loggedOutEverywhere($user);
    }

    /** A friendship has ended, or one has blocked the other: neither sees the other's presence any more. */
    public function apart(string $a, string $b): void
    {
        $this->told(fn() => $this->site->im->unlink($a, $b));
    }

    /** A user has become a member of a room. */
    public function entered(string $user, string $room, string $nick = ''): void
    {
        $this->told(function () use ($user, $room, $nick): void {
            if (!$this->site->records->hasBlockedRoom($user, $room)) {
                $this->site->im->join(['name' => $user], $nick, $room);
            }
        });
    }

    /** A user is no member of a room any more. */
    public function left(string $user, string $room, string $nick = ''): void
    {
        $this->told(fn() => $this->site->im->leave(['name' => $user], $nick, $room));
    }

    /** A room was deleted: whoever is in it leaves. */
    public function roomGone(string $room): void
    {
        $this->told(function () use ($room): void {
            foreach ($this->site->im->members($room) as ['id' => $id, 'nick' => $nick]) {
                $this->site->im->leave(['name' => $id], $nick, $room);
            }
        });
    }

    /** A message to everybody who is online. The host has checked the right to send one. */
    public function broadcast(Person $me, string $text): void
    {
        $this->told(function () use ($me, $text): void {
            Messages::broadcast($this->site, $me, $text, '');
        });
    }

    /** A new post: whoever has subscribed to this channel gets a notice. */
    public function posted(string $channel, string $nick, string $text, string $link): void
    {
        $link = $this->site->config->link($link);
        $id = 'post-' . substr(hash('sha256', "$channel\n$link\n$text"), 0, 32);
        $this->told(fn() => $this->site->im->news($channel, $nick, "$text\n$link", $id));
    }

    /**
     * Passes on the log-outs that could not be passed on before. This must come before a page goes online: the new
     * session is not to be ended with the old ones.
     *
     * @param array<string, string> $endings what to end, by the names of the notes
     */
    public function rest(array $endings): void
    {
        $done = [];
        foreach ($endings as $name => $what) {
            if (!$this->ended($what)) {
                break;
            }
            $done[] = $name;
        }
        $this->site->records->removeEndings($done);
    }

    /**
     * Ends these within a second, all together. What was not reached is kept, as long as there is room.
     *
     * @param list<string> $endings
     */
    private function end(array $endings): void
    {
        $records = $this->site->records;
        $isSilent = $records->silentUntil() > $this->site->config->now();
        $left = $this->site->im->within(Limits::TELL_MS, function () use ($endings, $isSilent): array {
            while (!$isSilent && $endings !== [] && $this->ended($endings[0])) {
                array_shift($endings);
            }
            return $endings;
        });
        $room = $left === [] ? 0 : max(0, Limits::ENDINGS - count($records->endings()));
        foreach (array_slice($left, 0, $room) as $what) {
            $records->addEnding($what);
        }
    }

    /** Ends a session or all of a user. Returns whether it need not be tried again. */
    private function ended(string $what): bool
    {
        try {
            if (str_starts_with($what, self::NAME)) {
                $this->site->im->offlineAll(substr($what, strlen(self::NAME)));
            } else {
                $this->site->im->offline($this->opened(substr($what, strlen(self::TICKET))));
            }
            return true;
        } catch (CallError $error) {
            return !$error->isOutage() && $error->kind !== CallError::NOT_AUTHORIZED;
        }
    }

    /** A ticket that waits is covered by the apikey: the database alone shows none. */
    private function sealed(string $ticket): string
    {
        return Tickets::hash($ticket) . ' ' . Tickets::seal($this->site->config->apikey(), $ticket);
    }

    private function opened(string $sealed): string
    {
        [$hash, $covered] = explode(' ', $sealed, 2) + [1 => ''];
        return Tickets::open($this->site->config->apikey(), $hash, $covered) ?? '-';
    }

    /** @param callable(): mixed $what */
    private function told(callable $what): void
    {
        $this->kept(function () use ($what): void {
            if ($this->site->records->silentUntil() <= $this->site->config->now()) {
                $this->site->quietly(fn() => $this->site->im->within(Limits::TELL_MS, $what));
            }
        });
    }

    /** @param callable(): void $what */
    private function kept(callable $what): void
    {
        try {
            $what();
        } catch (\Throwable $error) {
            $this->site->log('warning', 'an event was not passed on: ' . $error::class);
        }
    }
}
