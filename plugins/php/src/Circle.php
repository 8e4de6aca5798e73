<?php

/*
 * The users that a request names, the user's contacts, and which users may see each other's presence.
 *
 * Owns: who is apart from whom, by the lists of the host and of the kit. Must not: call the message server.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Circle
{
    public const STRANGER = 'stranger';

    /** @var list<Person> the users that the request names, in this order, each once */
    public readonly array $people;
    /** @var list<Person> */
    public readonly array $contacts;
    /** @var array<string, string> the group of each contact */
    private array $groups = [];
    /** @var array<string, true> whom the user blocks */
    private array $blocked = [];
    /** @var array<string, true> who is apart from the user, either way */
    private array $apart = [];

    /** @param list<string> $wanted ids and uids */
    private function __construct(
        private readonly Site $site,
        Person $me,
        Known $known,
        Relations $found,
        array $wanted = [],
    ) {
        $this->people = Site::distinct(Site::matched($wanted, $found->people));
        $isOther = fn(Person $other): bool => $other->id !== $me->id && Person::isName($other->id);
        $this->contacts = array_values(array_filter($found->contacts, $isOther));
        foreach ($this->contacts as $contact) {
            $this->groups["i$contact->id"] = $contact->group === '' ? 'friend' : $contact->group;
        }
        foreach ($known->blocked as $id) {
            $this->blocked["i$id"] = true;
        }
        foreach ([...$known->blocked, ...$known->blockers, ...$found->apart] as $id) {
            $this->apart["i$id"] = true;
        }
    }

    /**
     * The users of these ids or uids, and how the user stands to them.
     *
     * @param list<string> $wanted
     */
    public static function of(Site $site, Person $me, Known $known, array $wanted, Wanted $contacts): self
    {
        $found = Relations::of($site->host, $me, $wanted, Site::uids($wanted), $contacts);
        return new self($site, $me, $known, $found, $wanted);
    }

    /** Without users, where only the blocks count. */
    public static function ofBlocks(Site $site, Person $me, Known $known): self
    {
        return new self($site, $me, $known, new Relations([], [], $site->host->apart($me)));
    }

    /** The one user that the request names, if the two may write to each other. */
    public static function other(Site $site, Person $me, Known $known, string $wanted): Person
    {
        $contacts = $site->config->strangers ? Wanted::Nobody : Wanted::Those;
        $circle = self::of($site, $me, $known, [$wanted], $contacts);
        $other = $circle->people[0] ?? throw Refusal::noSuchUser();
        $circle->mayWrite($me, $other);
        if (!$site->config->strangers && !$circle->isContact($other->id)) {
            throw Refusal::forbidden('You can write to your contacts only.');
        }
        return $other;
    }

    /** @return list<Person> the users that the request names, without the user who asks */
    public function others(Person $me): array
    {
        return array_values(array_filter($this->people, fn(Person $other): bool => $other->id !== $me->id));
    }

    public function isApart(string $id): bool
    {
        return isset($this->apart["i$id"]);
    }

    public function isContact(string $id): bool
    {
        return isset($this->groups["i$id"]);
    }

    /** Refuses messages to oneself and between users who are apart. */
    private function mayWrite(Person $me, Person $other): void
    {
        if ($other->id === $me->id) {
            throw Refusal::forbidden('You cannot write to yourself.');
        }
        if (isset($this->blocked["i$other->id"])) {
            throw Refusal::forbidden("You have blocked $other->nick.");
        }
        if ($this->isApart($other->id)) {
            throw Refusal::forbidden("$other->nick does not take messages from you.");
        }
        $this->site->mustMay($me, 'write', $other->id);
    }

    /**
     * The ids of those among these users whose presence the user may see.
     *
     * @param list<Person> $others
     * @return list<string>
     */
    public function names(array $others): array
    {
        $ids = array_map(fn(Person $other): string => $other->id, $others);
        return array_values(array_filter($ids, fn(string $id): bool => !$this->isApart($id)));
    }

    /**
     * These users as the user sees them.
     *
     * @param list<Person> $others
     * @param array<array-key, array{show: string, status: string}> $present those who are online
     * @return list<array<string, mixed>>
     */
    public function describe(array $others, array $present): array
    {
        $statuses = $this->site->records->statuses($this->names($others));
        $describe = function (Person $other) use ($present, $statuses): array {
            $isApart = $this->isApart($other->id);
            $group = $this->groups["i$other->id"] ?? self::STRANGER;
            $presence = $isApart ? null : ($present[$other->id] ?? null);
            $shown = Shapes::buddy($this->site->config, $other, $group, $presence, $statuses[$other->id] ?? null);
            $shown = $isApart ? [...$shown, 'status' => '', 'status_time' => ''] : $shown;
            return isset($this->blocked["i$other->id"]) ? [...$shown, 'blocked' => true] : $shown;
        };
        return array_map($describe, $others);
    }
}
