<?php

/*
 * The kit's tables, and their number.
 *
 * Owns: making them, and removing them. Must not: drop a table but in `uninstall`.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Migrations
{
    /** The number of the last migration: `sql/N.DIALECT.sql`. */
    public const LAST = 1;

    private readonly Store $store;

    public function __construct(private readonly Db $db)
    {
        $this->store = new Store($db);
    }

    /** Brings the tables to the last number. Two requests may run it at once, and once more does no harm. */
    public function migrate(): void
    {
        if ($this->number() >= self::LAST) {
            return;
        }
        $this->locked(function (): void {
            for ($next = $this->number() + 1; $next <= self::LAST; $next++) {
                $file = dirname(__DIR__) . "/sql/$next.{$this->store->dialect}.sql";
                foreach ($this->store->statements($file) as $statement) {
                    $this->store->run($statement);
                }
                $row = ['schema', (string) $next];
                $this->store->put('meta', 'name', 'name, "value"', [$row], '"value" = new("value")');
            }
        });
    }

    /** The number of the last migration that this database has had; 0 if there are no tables. */
    public function number(): int
    {
        try {
            $rows = $this->store->rows('SELECT "value" FROM {meta} WHERE name = ?', ['schema']);
            return (int) ($rows[0]['value'] ?? 0);
        } catch (DbError) {
            return 0;
        }
    }

    /** Removes all tables with all messages, if the caller says so. */
    public function uninstall(bool $purge): void
    {
        foreach ($purge ? Store::TABLES : [] as $table) {
            $this->store->run("DROP TABLE IF EXISTS {{$table}}");
        }
    }

    /**
     * Lets one request at a time migrate. A table that is there already is no error in the statements, but two that are
     * made at the same moment are, in some databases.
     *
     * @param callable(): void $what
     */
    private function locked(callable $what): void
    {
        $name = $this->db->prefix() . 'nextim_migrate';
        match ($this->store->dialect) {
            'mysql' => $this->between(['SELECT GET_LOCK(?, 30)', [$name]], ['SELECT RELEASE_LOCK(?)', [$name]], $what),
            'pgsql' => $this->between(
                ['SELECT pg_advisory_lock(?)', [crc32($name)]],
                ['SELECT pg_advisory_unlock(?)', [crc32($name)]],
                $what,
            ),
            default => $this->store->atomic($what),
        };
    }

    /**
     * @param array{string, list<int|string>} $before
     * @param array{string, list<int|string>} $after
     * @param callable(): void $what
     */
    private function between(array $before, array $after, callable $what): void
    {
        $this->store->rows(...$before);
        try {
            $what();
        } finally {
            $this->store->rows(...$after);
        }
    }
}
