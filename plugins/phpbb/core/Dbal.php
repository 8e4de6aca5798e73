<?php

/*
 * The connection of phpBB to its database.
 *
 * Owns: how the kit's statements go through phpBB's dbal. Must not: open a second connection, or let phpBB end the
 * request with a page of its own when a statement fails.
 */

declare(strict_types=1);

namespace nextim\bar\core;

use NextIM\Site\DbError;
use NextIM\Site\HostDb;
use phpbb\db\driver\driver_interface;

final class Dbal extends HostDb
{
    private readonly string $dialect;
    private bool $isReady = false;

    public function __construct(private readonly driver_interface $db, private readonly string $prefix)
    {
        $this->dialect = match ($db->get_sql_layer()) {
            'mysqli' => 'mysql',
            'postgres' => 'pgsql',
            'sqlite3' => 'sqlite',
            // The migration refuses these; until then nobody asks.
            default => '',
        };
    }

    public function rows(string $sql, array $args = []): array
    {
        if ($this->dialect === 'sqlite' && preg_match('/^(INSERT .*) RETURNING (\w+)$/s', $sql, $parts) === 1) {
            return $this->returned($parts[1], $parts[2], $args);
        }
        $result = $this->query($sql, $args);
        $rows = [];
        while (is_array($row = $this->db->sql_fetchrow($result))) {
            $rows[] = $row;
        }
        $this->db->sql_freeresult($result);
        /** @var list<array<string, int|string|null>> $rows */
        return $rows;
    }

    public function run(string $sql, array $args = []): int
    {
        $this->query($sql, $args);
        return (int) $this->db->sql_affectedrows();
    }

    public function insert(string $sql, array $args = []): int
    {
        if ($this->dialect === 'pgsql') {
            return (int) ($this->rows("$sql RETURNING id", $args)[0]['id'] ?? 0);
        }
        $added = $this->run($sql, $args);
        // SQLite goes on to name the last row if this statement has added none.
        return $this->dialect === 'mysql' || $added > 0 ? (int) $this->db->sql_nextid() : 0;
    }

    public function dialect(): string
    {
        return $this->dialect;
    }

    public function prefix(): string
    {
        return $this->prefix;
    }

    /**
     * What an upsert of one row returns. PHP's class for SQLite runs such a statement once more when its row is read,
     * so the row is read by a statement of its own: the first column is the key.
     *
     * @param list<int|string|null> $args
     * @return list<array<string, int|string|null>>
     */
    private function returned(string $sql, string $column, array $args): array
    {
        if (preg_match('/^INSERT INTO (\w+) \(("?\w+"?)/', $sql, $parts) !== 1) {
            throw new DbError('a statement that this database cannot run');
        }
        return $this->run($sql, $args) === 0
            ? []
            : $this->rows("SELECT $column FROM $parts[1] WHERE $parts[2] = ?", [$args[0] ?? null]);
    }

    /** phpBB speaks to MySQL in three bytes a character, which has no room for emoji. */
    private function prepare(): void
    {
        if (!$this->isReady) {
            $this->isReady = true;
            if ($this->dialect === 'mysql') {
                $this->query('SET NAMES utf8mb4', []);
            }
        }
    }

    protected function query(string $sql, array $args): mixed
    {
        $this->prepare();
        return parent::query($sql, $args);
    }

    /**
     * A transaction of the kit has statements of its own: in phpBB's the first statement that fails ends them all, and
     * on SQLite an INSERT is changed.
     */
    protected function isInside(): bool
    {
        return parent::isInside() || $this->db->get_transaction();
    }

    protected function send(string $sql): mixed
    {
        $this->db->sql_return_on_error(true);
        try {
            $result = $this->db->sql_query($sql);
            if ($result === false) {
                $error = $this->db->get_sql_error_returned();
                $text = (string) ($error['message'] ?? 'the statement has failed');
                // phpBB keeps no code of PostgreSQL's errors.
                $isDeadlock = (int) ($error['code'] ?? 0) === self::MYSQL_DEADLOCK;
                $isConflict = $isDeadlock || str_contains($text, 'deadlock detected');
                throw new DbError($text, $isConflict);
            }
            return $result;
        } finally {
            $this->db->sql_return_on_error(false);
        }
    }

    protected function escaped(string $text): string
    {
        return $this->db->sql_escape($text);
    }
}
