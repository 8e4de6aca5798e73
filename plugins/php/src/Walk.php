<?php

/*
 * Reading messages along an index, from an id on.
 *
 * Owns: how each database is kept on that index. Must not: know what the messages are read for.
 *
 * A query that stops after a few rows is read by the index that seems to have them first. By its statistics a database
 * may take another one than it should: PostgreSQL walks all messages by their ids if many are one user's, however long
 * ago the user has written them; MySQL sorts all messages of a room. MySQL is told the index. PostgreSQL is asked for
 * the rows in the order of the whole index, which no other one has.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Walk
{
    /**
     * @param string $index of the messages; its last column is the id
     * @param array<string, int|string> $values what is in its other columns
     * @param list<int|string> $args the values of the condition
     */
    public function __construct(
        private readonly string $index,
        private readonly array $values,
        private readonly string $condition,
        private readonly array $args = [],
    ) {
    }

    /**
     * The rest of a query, behind its columns, for the messages after an id, the lowest first; or down from that id.
     *
     * @return array{string, list<int|string>} with its values
     */
    public function from(string $dialect, int $since, int $limit, bool $isDown = false): array
    {
        [$compare, $until, $order] = $isDown ? ['<=', '>=', ' DESC'] : ['>', '<=', ''];
        [$columns, $values] = [array_keys($this->values), array_values($this->values)];
        $equal = implode(' AND ', array_map(fn(string $column): string => "$column = ?", $columns));
        [$where, $sort, $args] = ["$equal AND id $compare ?", "id$order", [...$values, $since]];
        if ($dialect === 'pgsql') {
            $last = (string) array_pop($columns);
            // It stops at the end of one column's values, but not of two columns' that are compared as a row.
            $fixed = implode('', array_map(fn(string $column): string => "$column = ? AND ", $columns));
            $where = "$fixed($last, id) $compare (?, ?) AND $last $until ?";
            $sort = "$last$order, id$order";
            $args[] = $values[count($values) - 1];
        }
        $hint = $dialect === 'mysql' ? " FORCE INDEX ($this->index)" : '';
        $sql = "FROM {messages}$hint WHERE $where AND $this->condition ORDER BY $sort LIMIT $limit";
        return [$sql, [...$args, ...$this->args]];
    }
}
