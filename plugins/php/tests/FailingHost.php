<?php

/*
 * A host one of whose functions fails.
 *
 * Owns: which one, and from which call on. Must not: answer by itself.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Host;
use NextIM\Site\Person;
use NextIM\Site\Request;

final class FailingHost implements Host
{
    public const WORDS = 'secret words of the host about alice';

    public string $failing = '';
    /** How many more calls of it succeed. */
    public int $good = 0;

    public function __construct(private readonly FakeHost $host)
    {
    }

    public function me(Request $request): ?Person
    {
        return $this->asked(__FUNCTION__, $request);
    }

    public function people(array $ids, array $uids): array
    {
        return $this->asked(__FUNCTION__, $ids, $uids);
    }

    public function contacts(Person $me): array
    {
        return $this->asked(__FUNCTION__, $me);
    }

    public function rooms(Person $me, ?array $ids = null): array
    {
        return $this->asked(__FUNCTION__, $me, $ids);
    }

    public function apart(Person $me): array
    {
        return $this->asked(__FUNCTION__, $me);
    }

    public function block(Person $me, string $id, bool $on): bool
    {
        return $this->asked(__FUNCTION__, $me, $id, $on);
    }

    public function rank(string $id): int
    {
        return $this->asked(__FUNCTION__, $id);
    }

    public function ban(Person $me, string $id, ?int $until, string $reason): bool
    {
        return $this->asked(__FUNCTION__, $me, $id, $until, $reason);
    }

    public function may(Person $me, string $act, ?string $target = null): ?string
    {
        return $this->asked(__FUNCTION__, $me, $act, $target);
    }

    public function edit(Person $me, string $body): string
    {
        return $this->asked(__FUNCTION__, $me, $body);
    }

    public function logIn(string $name, string $password): ?Person
    {
        return $this->asked(__FUNCTION__, $name, $password);
    }

    public function notices(Person $me): array
    {
        return $this->asked(__FUNCTION__, $me);
    }

    public function extras(Person $me): array
    {
        return $this->asked(__FUNCTION__, $me);
    }

    public function log(string $level, string $text): void
    {
        $this->host->log($level, $text);
        if ($this->failing === 'log') {
            throw new \RuntimeException(self::WORDS);
        }
    }

    private function asked(string $function, mixed ...$args): mixed
    {
        if ($function === $this->failing && $this->good-- <= 0) {
            throw new \RuntimeException(self::WORDS);
        }
        return $this->host->$function(...$args);
    }
}
