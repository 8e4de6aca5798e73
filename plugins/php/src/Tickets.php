<?php

/*
 * Tickets, as they are stored.
 *
 * Owns: sealing a ticket with the secret of its log-in: with an open ticket, any reader of the database could poll in
 * the user's name. Must not: log a ticket or a secret.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Tickets
{
    public static function hash(string $secret): string
    {
        return hash('sha256', "nextim $secret");
    }

    /** Covers a ticket with hashes of the session's secret and of the ticket's own hash, which no other ticket has. */
    public static function seal(string $session, string $ticket): string
    {
        return base64_encode(self::cover($session, self::hash($ticket), $ticket));
    }

    /** The ticket, if it was sealed with this secret. */
    public static function open(string $session, string $hash, string $sealed): ?string
    {
        $ticket = self::cover($session, $hash, (string) base64_decode($sealed, true));
        return hash_equals($hash, self::hash($ticket)) ? $ticket : null;
    }

    private static function cover(string $session, string $hash, string $bytes): string
    {
        $cover = '';
        for ($number = 0; strlen($cover) < strlen($bytes); $number++) {
            $cover .= hash_hmac('sha256', "$hash $number", $session, true);
        }
        return $bytes ^ $cover;
    }
}
