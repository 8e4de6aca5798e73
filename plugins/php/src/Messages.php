<?php

/*
 * `message`: a user sends a message.
 *
 * Owns: which users may write to each other, and the order of the steps:
 *
 * 1. check the text, the rate and the receiver
 * 2. store the message: it is accepted from now on, even if all that follows fails
 * 3. push it, with its id and time from the archive
 * 4. mark it as delivered, if the message server has queued it for a page
 *
 * The answer does not say whether the message was delivered: that would show that a user who looks offline is online.
 * It says whether it has arrived at a user who is visible. Must not: read the parameters `from`, `nick`, `timestamp`
 * and `offline`, which old front ends send.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Messages
{
    public static function message(Site $site, Person $me, Params $params): Response
    {
        $type = self::type($params->text('type'));
        $body = self::body($params->get('body'));
        $cid = $params->short('cid', Limits::CID_BYTES);
        $meta = Meta::of($params);
        $talk = Archive::key($type, $me->id, $params->text('to'));
        $known = $site->records->known($me, $params->text('ticket'), $talk);
        $ticket = $site->ticket($me, $params, $known);
        $site->rates->send($me->id, self::weight($body));
        if ($type === 'broadcast') {
            $site->mustMay($me, 'broadcast');
            $sent = self::broadcast($site, $me, $body, $cid);
        } else {
            $to = self::receiver($site, $me, $type, $params->required('to'), $known);
            $body = self::body($site->host->edit($me, $body));
            $style = Style::allowed($params->text('style'));
            $stored = self::store($site, $me, [$type, $to, $body, $style, $cid, $meta], $known->begun);
            $sent = $stored->delivered ? $stored : self::push($site, $stored, $ticket);
        }
        return Response::json($cid === '' ? 'ok' : [
            'status' => 'ok', 'id' => (string) $sent->id, 'timestamp' => $sent->time, 'arrived' => $sent->arrived,
        ]);
    }

    /** The type; front ends in the field use two names for each. */
    public static function type(string $text): string
    {
        return match ($text) {
            '', 'unicast', 'chat' => 'unicast',
            'multicast', 'grpchat' => 'multicast',
            'broadcast' => 'broadcast',
            default => throw Refusal::bad('bad parameter: type'),
        };
    }

    /** Stores a broadcast and sends it to everybody who is online. The caller has checked the right to do so. */
    public static function broadcast(Site $site, Person $me, string $body, string $cid): Message
    {
        $message = self::store($site, $me, ['broadcast', '', self::body($body), '', $cid, null]);
        if ($message->delivered) {
            return $message;
        }
        try {
            $site->im->message($message);
        } catch (CallError) {
            throw Refusal::unavailable('The message is stored, but was not sent.');
        }
        $site->quietly(fn() => $site->archive->setDelivered($message->id, false));
        return $message;
    }

    private static function body(string $body): string
    {
        if (!mb_check_encoding($body, 'UTF-8') || str_contains($body, "\0")) {
            throw Refusal::bad('bad parameter: body');
        }
        if (Params::trimmed($body) === '') {
            throw Refusal::bad('This message is empty.');
        }
        if (strlen($body) > Limits::MESSAGE_BYTES) {
            throw Refusal::bad('This message is too long.');
        }
        return $body;
    }

    /** How many messages it counts as. */
    private static function weight(string $body): int
    {
        return intdiv(strlen(Response::encode($body)), Limits::SEND_BYTES) + 1;
    }

    /** The id of the user or the room that it goes to, if this user may write there. */
    private static function receiver(Site $site, Person $me, string $type, string $to, Known $known): string
    {
        if ($type === 'multicast') {
            $room = $site->room($me, $to);
            $site->mustMay($me, 'write', $room->id);
            return $room->id;
        }
        return Circle::other($site, $me, $known, $to)->id;
    }

    /** @param array{string, string, string, string, string, ?string} $draft type, to, body, style, cid and meta */
    private static function store(Site $site, Person $me, array $draft, string $begun = ''): Message
    {
        [$type, $to, $body, $style, $cid, $meta] = $draft;
        $cid = $cid === '' ? null : $cid;
        return $site->archive->add($me, $type, $to, $body, $style, $cid, $meta, $site->config->now(), $begun);
    }

    /** Steps 3 and 4. A failure here is no failure of the request: the message waits until its receiver goes online. */
    private static function push(Site $site, Message $message, string $ticket): Message
    {
        try {
            [$delivered, $visible] = self::pushed($site, $message, $ticket);
        } catch (CallError) {
            return $message;
        }
        // A message to a room counts as delivered when it is pushed; members who were offline find it in the history.
        $arrived = $message->type === 'unicast' && $visible > 0;
        if ($delivered > 0 || $message->type === 'multicast') {
            $site->quietly(fn() => $site->archive->setDelivered($message->id, $arrived));
        }
        return $message->with(['arrived' => $arrived]);
    }

    /** @return array{int, int} */
    private static function pushed(Site $site, Message $message, string $ticket): array
    {
        try {
            return $site->im->message($message, $ticket);
        } catch (CallError $error) {
            // The sender's session has ended, or the message server was restarted. The page then goes online again.
            if ($error->kind === CallError::NO_SESSION && $ticket !== '') {
                return $site->im->message($message);
            }
            throw $error;
        }
    }
}
