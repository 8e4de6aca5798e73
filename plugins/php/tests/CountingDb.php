<?php

/*
 * A database that records the statements of the kit.
 *
 * Owns: the record. Must not: change a statement.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Db;
use NextIM\Site\DbError;

final class CountingDb implements Db
{
    /** @var list<string> */
    public array $statements = [];
    /** @var list<list<int|string|null>> the values of each */
    public array $args = [];
    public bool $isDown = false;

    public function __construct(private readonly Db $db)
    {
    }

    public function rows(string $sql, array $args = []): array
    {
        $this->record($sql, $args);
        return $this->db->rows($sql, $args);
    }

    public function run(string $sql, array $args = []): int
    {
        $this->record($sql, $args);
        return $this->db->run($sql, $args);
    }

    public function insert(string $sql, array $args = []): int
    {
        $this->record($sql, $args);
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

    /** @param list<int|string|null> $args */
    private function record(string $sql, array $args): void
    {
        $this->statements[] = $sql;
        $this->args[] = $args;
        if ($this->isDown) {
            throw new DbError('database is locked');
        }
    }
}
