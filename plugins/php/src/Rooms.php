<?php

/*
 * `rooms`, `join`, `leave` and `members`: the rooms of a user.
 *
 * Owns: that a room is open to its members only. `leave` takes the user's sessions out of the room, and the user stays
 * a member. Must not: change who is a member; the host has no function for that.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Rooms
{
    /** `rooms`: the rooms of these ids that are the user's, or all rooms of the user. */
    public static function rooms(Site $site, Person $me, Params $params): Response
    {
        $wanted = $params->list('ids');
        $known = $site->records->known($me);
        $isReachable = !$site->isSilent($known);
        $shown = [];
        foreach (array_slice($site->rooms($me, $wanted === [] ? null : $wanted), 0, Limits::ROOMS) as $room) {
            $count = 0;
            // A server that cannot be reached for one room is not called for the next.
            $isReachable = $isReachable && $site->quietly(function () use ($site, $room, &$count): void {
                $count = count($site->im->members($room->id));
            });
            $shown[] = Shapes::room($site->config, $room, $count, in_array($room->id, $known->blockedRooms, true));
        }
        return Response::json($shown);
    }

    /** `join`: the user's sessions receive the messages of a room. */
    public static function join(Site $site, Person $me, Params $params): Response
    {
        [$room, $who] = self::change($site, $me, $params, false);
        $count = 0;
        // The choice is kept. If the message server cannot be reached, it takes effect when a page next goes online.
        $site->quietly(function () use ($site, $me, $room, $who, &$count): void {
            $count = $site->im->join($who, $me->nick, $room->id);
        });
        try {
            $site->room($me, $room->id);
        } catch (Refusal $refusal) {
            // The user was removed from the room before the message server had this call.
            $site->quietly(fn() => $site->im->leave(['name' => $me->id], $me->nick, $room->id));
            throw $refusal;
        }
        return Response::json(Shapes::room($site->config, $room, $count, false));
    }

    /** `leave`: the user's sessions receive no messages of a room, until the user joins again. */
    public static function leave(Site $site, Person $me, Params $params): Response
    {
        [$room, $who] = self::change($site, $me, $params, true);
        $site->quietly(fn() => $site->im->leave($who, $me->nick, $room->id));
        return Response::json('ok');
    }

    /**
     * Keeps whether the user wants the messages of a room.
     *
     * @return array{Room, array{ticket: string}|array{name: string}} the room, and the sessions that the call is about
     */
    private static function change(Site $site, Person $me, Params $params, bool $blocked): array
    {
        $known = $site->records->known($me, $params->text('ticket'));
        $ticket = $site->ticket($me, $params, $known);
        $room = $site->room($me, $params->required('id'));
        $site->records->blockRoom($me->id, $room->id, $blocked);
        return [$room, $ticket === '' ? ['name' => $me->id] : ['ticket' => $ticket]];
    }

    /** `members`: the members of a room that are online. Of several rooms, by the specification, an object. */
    public static function members(Site $site, Person $me, Params $params): Response
    {
        $site->ticket($me, $params, $site->records->known($me, $params->text('ticket')));
        $ids = $params->list('ids');
        if ($params->text('id') !== '' || $ids === []) {
            return Response::json(self::online($site, $site->room($me, $params->required('id'))));
        }
        $found = new \stdClass();
        foreach ($site->eachRoom($me, array_slice($ids, 0, Limits::ROOMS)) as $room) {
            $found->{$room->id} = self::online($site, $room);
        }
        return Response::json($found);
    }

    /** @return list<array{id: string, nick: string}> */
    private static function online(Site $site, Room $room): array
    {
        try {
            return $site->im->members($room->id);
        } catch (CallError) {
            throw Refusal::unavailable();
        }
    }
}
