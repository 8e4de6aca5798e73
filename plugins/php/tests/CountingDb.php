<?php

/*
 * A database that counts the statements of the kit.
 *
 * Owns: the count. Must not: change a statement.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Db;
use NextIM\Site\DbError;

final class CountingDb implements Db
{
    /** @var list<string> */
    public array $statements = [];
    public bool $isDown = false;

    public function __construct(private readonly Db $db)
    {
    }

    public function rows(string $sql, array $args = []): array
    {
        $this->count($sql);
        return $this->db->rows($sql, $args);
    }

    public function run(string $sql, array $args = []): int
    {
        $this->count($sql);
        return $this->db->run($sql, $args);
    }

    public function insert(string $sql, array $args = []): int
    {
        $this->count($sql);
        return $this->db->insert($sql, $args);
    }

    public function atomic(callable $what): mixed
    {
        return $this->db->atomic($what);
    }

    public function dialect(): string
    {
        return $this->db->dialect();
    }

    public function prefix(): string
    {
        return $this->db->prefix();
    }

    private function count(string $sql): void
    {
        $this->statements[] = $sql;
        if ($this->isDown) {
            throw new DbError('database is locked');
        }
    }
}
