<?php

/*
 * The base of a connection that belongs to the host and takes whole statements.
 *
 * Owns: how values get into a statement. Must not: open a connection.
 */

declare(strict_types=1);

namespace NextIM\Site;

abstract class HostDb implements Db
{
    use Transactions;

    /** The number of MySQL's error by which it undoes a transaction that waited for another, and that one for it. */
    protected const MYSQL_DEADLOCK = 1213;

    /** Sends a statement, and returns what the host's connection does. Throws a DbError if it fails. */
    abstract protected function send(string $sql): mixed;

    /** A text as it stands between apostrophes. */
    abstract protected function escaped(string $text): string;

    /**
     * Carries out a statement, with these values in the places of `?`.
     *
     * @param list<int|string|null> $args
     */
    protected function query(string $sql, array $args): mixed
    {
        $parts = explode('?', $sql);
        $whole = array_shift($parts);
        foreach ($parts as $index => $part) {
            $whole .= $this->quoted($args[$index] ?? null) . $part;
        }
        return $this->guarded(fn(): mixed => $this->send($whole));
    }

    protected function command(string $sql): void
    {
        $this->query($sql, []);
    }

    private function quoted(int|string|null $value): string
    {
        return match (true) {
            $value === null => 'NULL',
            is_int($value) => (string) $value,
            default => "'{$this->escaped($value)}'",
        };
    }
}
