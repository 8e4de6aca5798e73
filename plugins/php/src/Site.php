<?php

/*
 * What the endpoints share.
 *
 * Owns: the parts of the kit that a request needs, and the checks that many endpoints make. Must not: answer a request.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Site
{
    public readonly Archive $archive;
    public readonly Records $records;
    public readonly Rates $rates;
    public readonly Tell $tell;

    public function __construct(
        public readonly Host $host,
        public readonly Store $store,
        public readonly Im $im,
        public readonly Config $config,
    ) {
        $this->archive = new Archive($store);
        $this->records = new Records($store);
        $this->rates = new Rates($store, $config);
        $this->tell = new Tell($this);
        $im->onFailure = function (CallError $error): void {
            // That a session has ended is nothing to mend.
            if ($error->kind !== CallError::NO_SESSION) {
                $this->log('warning', 'message server: ' . $error->getMessage());
            }
            // The next calls of events and of what is only shown are left out for a while.
            if ($error->isOutage()) {
                $this->quietly(fn() => $this->records->setSilentUntil($this->config->now() + Limits::SILENCE_MS));
            }
        };
    }

    /** The user of this id or, failing that, of this uid. */
    public function person(string $idOrUid): Person
    {
        return $this->eachPerson([$idOrUid])[0];
    }

    /**
     * The same for each of these, by one question to the host.
     *
     * @param list<string> $wanted
     * @return list<Person>
     */
    public function eachPerson(array $wanted): array
    {
        $people = $wanted === [] ? [] : $this->host->people($wanted, self::uids($wanted));
        $found = fn(?Person $person): Person => $person ?? throw Refusal::noSuchUser();
        return array_map($found, self::matched($wanted, $people));
    }

    /**
     * Those of these that can be the number of a user.
     *
     * @param list<string> $wanted
     * @return list<string>
     */
    public static function uids(array $wanted): array
    {
        return array_values(array_filter($wanted, fn(string $id): bool => ctype_digit($id)));
    }

    /**
     * The user of each of these ids or, failing that, uids.
     *
     * @param list<string> $wanted
     * @param list<Person> $people
     * @return list<?Person>
     */
    public static function matched(array $wanted, array $people): array
    {
        [$byId, $byUid] = [[], []];
        foreach ($people as $person) {
            if (Person::isName($person->id)) {
                $byId["i$person->id"] = $person;
                $byUid["u$person->uid"] = $person;
            }
        }
        return array_map(fn(string $id): ?Person => $byId["i$id"] ?? $byUid["u$id"] ?? null, $wanted);
    }

    /**
     * Those of these that there are, in this order, each once.
     *
     * @param list<?Person> $people
     * @return list<Person>
     */
    public static function distinct(array $people): array
    {
        $found = [];
        foreach (array_filter($people) as $person) {
            $found["i$person->id"] = $person;
        }
        return array_values($found);
    }

    /** The room of this id, if the user is a member. The refusal does not show whether there is such a room. */
    public function room(Person $me, string $id): Room
    {
        return $this->eachRoom($me, [$id])[0];
    }

    /**
     * The same for each of these, by one question to the host.
     *
     * @param list<string> $wanted
     * @return list<Room>
     */
    public function eachRoom(Person $me, array $wanted): array
    {
        $mine = [];
        foreach ($this->rooms($me, $wanted) as $room) {
            $mine["r$room->id"] = $room;
        }
        return array_map(fn(string $id): Room => $mine["r$id"] ?? throw Refusal::noSuchRoom(), $wanted);
    }

    /**
     * @param ?list<string> $ids
     * @return list<Room>
     */
    public function rooms(Person $me, ?array $ids = null): array
    {
        $isName = fn(Room $room): bool => Person::isName($room->id);
        return array_values(array_filter($this->host->rooms($me, $ids), $isName));
    }

    /**
     * The ticket that a page sends, if its session goes on; an empty text if not. A ticket that is not known has ended,
     * perhaps while the request was on its way. A ticket of another user is refused.
     */
    public function ticket(Person $me, Params $params, Known $known): string
    {
        if ($known->owner !== null && $known->owner !== $me->id) {
            throw self::notYours();
        }
        return $known->owner === null ? '' : $params->text('ticket');
    }

    /** The ticket that a page must send, and whose session must go on. */
    public function requiredTicket(Person $me, Params $params, Known $known): string
    {
        $params->required('ticket');
        $ticket = $this->ticket($me, $params, $known);
        return $ticket === '' ? throw self::notYours() : $ticket;
    }

    /** Refuses what the host does not allow. */
    public function mustMay(Person $me, string $act, ?string $target = null): void
    {
        $words = $this->host->may($me, $act, $target);
        if ($words !== null) {
            throw Refusal::forbidden($words);
        }
    }

    /** Whether calls of what is only shown are left out now. */
    public function isSilent(Known $known): bool
    {
        return $known->silentUntil > $this->config->now();
    }

    /**
     * Does what may fail without harm.
     *
     * @param callable(): mixed $what
     * @return bool whether it was done
     */
    public function quietly(callable $what): bool
    {
        try {
            $what();
            return true;
        } catch (CallError) {
            // It stands in the log already.
        } catch (DbError $error) {
            $this->log('warning', 'database: ' . $error->getMessage());
        }
        return false;
    }

    /** Writes to the host's log, which may fail like all else of the host. */
    public function log(string $level, string $text): void
    {
        try {
            $this->host->log($level, $text);
        } catch (\Throwable) {
            // There is nowhere else to say it.
        }
    }

    private static function notYours(): Refusal
    {
        return Refusal::forbidden('This page is not yours any more. Please reload it.');
    }
}
