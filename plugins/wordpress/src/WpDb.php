<?php

/*
 * The connection of WordPress to its database.
 *
 * Owns: how the kit's statements go through `$wpdb`. Must not: open a second connection.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

use NextIM\Site\DbError;
use NextIM\Site\HostDb;

final class WpDb extends HostDb
{
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

    public function dialect(): string
    {
        return 'mysql';
    }

    public function prefix(): string
    {
        return $this->prefix;
    }

    protected function send(string $sql): mixed
    {
        $shows = $this->wpdb->suppress_errors(true);
        $done = $this->wpdb->query($sql);
        $this->wpdb->suppress_errors($shows);
        if ($done === false) {
            $number = $this->wpdb->dbh instanceof \mysqli ? $this->wpdb->dbh->errno : 0;
            throw new DbError($this->wpdb->last_error, $number === self::MYSQL_DEADLOCK);
        }
        return $done;
    }

    protected function escaped(string $text): string
    {
        return $this->wpdb->_real_escape($text);
    }
}
