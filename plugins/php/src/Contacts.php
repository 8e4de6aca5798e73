<?php

/*
 * `buddies`, `block` and `unblock`: a user's contacts, and their presence.
 *
 * Owns: these endpoints. Must not: ask for the presence of a user who is apart.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Contacts
{
    /** `buddies`: these users, by id or uid, and the strangers on the page. Unknown ids are left out. */
    public static function buddies(Site $site, Person $me, Params $params): Response
    {
        $wanted = [...$params->list('ids'), ...$params->list('stranger_ids')];
        $known = $site->records->known($me);
        $circle = Circle::of($site, $me, $known, $wanted, Wanted::Those);
        $others = $circle->others($me);
        $names = $circle->names($others);
        $present = [];
        // Without the message server no message reaches anybody, so all are offline.
        if ($names !== [] && !$site->isSilent($known)) {
            $site->quietly(function () use ($site, $names, &$present): void {
                $present = $site->im->onlines($names);
            });
        }
        return Response::json($circle->describe($others, $present));
    }

    /** `vcard` of the gateway to XMPP: who a user is. */
    public static function card(Site $site, Person $me, Params $params): Response
    {
        $circle = Circle::of($site, $me, $site->records->known($me), [$params->required('to')], Wanted::Those);
        return Response::json($circle->describe($circle->people, [])[0] ?? throw Refusal::noSuchUser());
    }

    /** `block`: no more messages from a user, and neither sees the other's presence. */
    public static function block(Site $site, Person $me, Params $params): Response
    {
        $other = self::other($site, $me, $params);
        if (!$site->host->block($me, $other->id, true)) {
            $site->records->block($me->id, $other->id, true);
        }
        $site->quietly(fn() => $site->im->unlink($me->id, $other->id));
        return Response::json('ok');
    }

    public static function unblock(Site $site, Person $me, Params $params): Response
    {
        $other = self::other($site, $me, $params);
        // The kit's table may hold a block of a time at which the host had no list.
        $site->host->block($me, $other->id, false);
        $site->records->block($me->id, $other->id, false);
        return Response::json('ok');
    }

    private static function other(Site $site, Person $me, Params $params): Person
    {
        $other = $site->person($params->required('id'));
        return $other->id === $me->id ? throw Refusal::noSuchUser() : $other;
    }
}
