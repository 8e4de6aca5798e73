<?php

/*
 * The connection of Discuz to its database.
 *
 * Owns: how the kit's statements go through the connection that `DB` holds. Must not: open a second connection.
 *
 * `DB::query` refuses statements with UNION and parentheses, so these go to the connection itself. It is the one to the
 * main server, as a replica may be late.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

use NextIM\Site\DbError;
use NextIM\Site\HostDb;

final class DzDb extends HostDb
{
    private bool $isReady = false;

    /** @param bool $isOwn whether the request is the chat's own, so that its settings of the connection may stay */
    public function __construct(private readonly bool $isOwn = false)
    {
    }

    public function rows(string $sql, array $args = []): array
    {
        $result = $this->query($sql, $args);
        /** @var list<array<string, int|string|null>> $rows */
        $rows = $result instanceof \mysqli_result ? $result->fetch_all(MYSQLI_ASSOC) : [];
        return $rows;
    }

    public function run(string $sql, array $args = []): int
    {
        $this->query($sql, $args);
        return (int) $this->link()->affected_rows;
    }

    public function insert(string $sql, array $args = []): int
    {
        $this->query($sql, $args);
        return (int) $this->link()->insert_id;
    }

    public function dialect(): string
    {
        return 'mysql';
    }

    public function prefix(): string
    {
        return \DB::table('');
    }

    private function link(): \mysqli
    {
        return \DB::object()->link[1];
    }

    protected function query(string $sql, array $args): mixed
    {
        $this->prepare();
        return parent::query($sql, $args);
    }

    /** Discuz lets the server cut what is too long, which must not happen to a message; old forums speak utf8mb3. */
    private function prepare(): void
    {
        if ($this->isOwn && !$this->isReady) {
            $this->isReady = true;
            $this->send("SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'");
            if ($this->link()->character_set_name() !== 'utf8mb4') {
                $this->link()->set_charset('utf8mb4');
            }
        }
    }

    protected function send(string $sql): \mysqli_result|bool
    {
        try {
            $result = $this->link()->query($sql);
        } catch (\mysqli_sql_exception $error) {
            throw new DbError($error->getMessage(), $error->getCode() === self::MYSQL_DEADLOCK, $error);
        }
        return $result === false
            ? throw new DbError($this->link()->error, $this->link()->errno === self::MYSQL_DEADLOCK)
            : $result;
    }

    protected function escaped(string $text): string
    {
        return $this->link()->real_escape_string($text);
    }
}
