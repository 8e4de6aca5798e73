<?php

/*
 * Rows of phpBB's tables.
 *
 * Owns: how a query runs on phpBB's connection. Must not: be used for the tables of the kit; `Dbal` is.
 */

declare(strict_types=1);

namespace nextim\bar\core;

use phpbb\db\driver\driver_interface;

final class Queries
{
    public function __construct(private readonly driver_interface $db)
    {
    }

    /** @return ?array<string, mixed> */
    public function first(string $sql): ?array
    {
        return $this->rows($sql, 1)[0] ?? null;
    }

    /** @return list<array<string, mixed>> */
    public function rows(string $sql, int $most = 0): array
    {
        $result = $most === 0 ? $this->db->sql_query($sql) : $this->db->sql_query_limit($sql, $most);
        $rows = $this->db->sql_fetchrowset($result);
        $this->db->sql_freeresult($result);
        return array_values($rows ?: []);
    }
}
