<?php

/*
 * `offline`, `refresh`, `presence` and `status`: a page goes offline, changes its show, or its user is typing.
 *
 * Owns: the checks before these calls of the message server. Must not: end a session by the user's name: other pages of
 * the user stay online.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Presence
{
    public const INVISIBLE = 'invisible';

    /**
     * `offline` and `refresh`: the session of this page ends, and its ticket is removed. A second call is no failure.
     * If the message server cannot be reached, the ticket is kept, so that a log-out ends the session.
     */
    public static function offline(Site $site, Person $me, Params $params): Response
    {
        $known = $site->records->known($me, $params->required('ticket'));
        $ticket = $site->ticket($me, $params, $known);
        if ($ticket === '') {
            return Response::json('ok');
        }
        $done = self::done(fn() => $site->im->offline($ticket));
        $site->records->removeTickets([Tickets::hash($ticket)]);
        return $done;
    }

    /** `presence`: the user's show changes. */
    public static function presence(Site $site, Person $me, Params $params): Response
    {
        $known = $site->records->known($me, $params->text('ticket'));
        $ticket = $site->requiredTicket($me, $params, $known);
        $params->required('show');
        $show = $params->short('show', Limits::SHOW_BYTES);
        $status = $params->clearable('status', Limits::STATUS_BYTES);
        // The status of an invisible user is for the user's own pages only.
        if ($status !== null && $show !== self::INVISIBLE) {
            $site->records->setStatus($me->id, $status, $site->config->now());
        }
        return self::done(fn() => $site->im->show($ticket, $me->nick, $show, $status));
    }

    /** `status`: the user is typing, or no longer. */
    public static function typing(Site $site, Person $me, Params $params): Response
    {
        $known = $site->records->known($me, $params->text('ticket'));
        $ticket = $site->requiredTicket($me, $params, $known);
        $show = $params->short('show', Limits::SHOW_BYTES);
        if (Messages::type($params->text('type')) === 'multicast') {
            $to = $site->room($me, $params->text('to'))->id;
            return self::done(fn() => $site->im->typing($ticket, $me->nick, 'multicast', $to, $show));
        }
        $other = Circle::other($site, $me, $known, $params->text('to'));
        // Nobody waits for a server that has just failed to say that somebody is typing.
        if ($site->isSilent($known)) {
            throw Refusal::unavailable();
        }
        return self::done(fn() => $site->im->typing($ticket, $me->nick, 'unicast', $other->id, $show));
    }

    /**
     * A session that has ended is no failure: the page's next poll is answered with that.
     *
     * @param callable(): void $call
     */
    private static function done(callable $call): Response
    {
        try {
            $call();
        } catch (CallError $error) {
            if ($error->kind !== CallError::NO_SESSION) {
                throw Refusal::unavailable();
            }
        }
        return Response::json('ok');
    }
}
