<?php

/*
 * The connection of WordPress to its database.
 *
 * Owns: how the kit's statements go through `$wpdb`. Must not: open a second connection.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

use NextIM\Site\Db;
use NextIM\Site\DbError;

final class WpDb implements Db
{
    /** The number of the error by which the server undoes a transaction that waited for another, and that for it. */
    private const DEADLOCK = 1213;

    private int $depth = 0;

    /** @param string $prefix what the names of the tables begin with: that of a site, or of its network */
    public function __construct(private readonly \wpdb $wpdb, private readonly string $prefix)
    {
    }

    public function rows(string $sql, array $args = []): array
    {
        $this->query($sql, $args);
        /** @var list<array<string, int|string|null>> $rows */
        $rows = array_map(get_object_vars(...), (array) $this->wpdb->last_result);
        return $rows;
    }

    public function run(string $sql, array $args = []): int
    {
        $this->query($sql, $args);
        return (int) $this->wpdb->rows_affected;
    }

    public function insert(string $sql, array $args = []): int
    {
        $this->query($sql, $args);
        return (int) $this->wpdb->insert_id;
    }

    public function atomic(callable $what): mixed
    {
        return $this->depth > 0 ? $what() : DbError::retried(fn(): mixed => $this->transaction($what));
    }

    public function dialect(): string
    {
        return 'mysql';
    }

    public function prefix(): string
    {
        return $this->prefix;
    }

    /**
     * @template T
     * @param callable(): T $what
     * @return T
     */
    private function transaction(callable $what): mixed
    {
        $this->query('START TRANSACTION', []);
        $this->depth++;
        try {
            $result = $what();
            $this->query('COMMIT', []);
            return $result;
        } catch (\Throwable $error) {
            $this->wpdb->query('ROLLBACK');
            throw $error;
        } finally {
            $this->depth--;
        }
    }

    /** @param list<int|string|null> $args */
    private function query(string $sql, array $args): void
    {
        $parts = explode('?', $sql);
        $whole = array_shift($parts);
        foreach ($parts as $index => $part) {
            $whole .= $this->quoted($args[$index] ?? null) . $part;
        }
        $this->depth > 0 ? $this->send($whole) : DbError::retried(fn() => $this->send($whole));
    }

    private function send(string $sql): void
    {
        $shows = $this->wpdb->suppress_errors(true);
        $done = $this->wpdb->query($sql);
        $this->wpdb->suppress_errors($shows);
        if ($done === false) {
            $number = $this->wpdb->dbh instanceof \mysqli ? $this->wpdb->dbh->errno : 0;
            throw new DbError($this->wpdb->last_error, $number === self::DEADLOCK);
        }
    }

    private function quoted(int|string|null $value): string
    {
        return match (true) {
            $value === null => 'NULL',
            is_int($value) => (string) $value,
            default => "'" . $this->wpdb->_real_escape($value) . "'",
        };
    }
}
