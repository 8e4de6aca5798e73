<?php

/*
 * A connection to the site's database.
 *
 * Owns: the interface. Must not: know a table.
 */

declare(strict_types=1);

namespace NextIM\Site;

/**
 * Every function throws a DbError if the database fails. Statements have no placeholders but `?`.
 *
 * Two transactions may wait for each other; the database then undoes one. That is no failure: `atomic`, and outside of
 * it each statement, goes through `DbError::retried`.
 */
interface Db
{
    /**
     * @param list<int|string|null> $args
     * @return list<array<string, int|string|null>>
     */
    public function rows(string $sql, array $args = []): array;

    /**
     * @param list<int|string|null> $args
     * @return int the number of rows that it changed
     */
    public function run(string $sql, array $args = []): int;

    /**
     * Adds at most one row to a table with the key `id`. MySQL: also returns what `LAST_INSERT_ID(value)` was set to.
     *
     * @param list<int|string|null> $args
     * @return int the row's id; 0 if there was one already and none was added
     */
    public function insert(string $sql, array $args = []): int;

    /**
     * Runs it in one transaction: if it throws, nothing is changed. It may be run again, so it must do nothing else.
     *
     * @template T
     * @param callable(): T $what
     * @return T
     */
    public function atomic(callable $what): mixed;

    /** `sqlite`, `mysql` (MariaDB too) or `pgsql`. */
    public function dialect(): string;

    /** What the names of all tables begin with. */
    public function prefix(): string;
}
