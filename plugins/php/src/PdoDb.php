<?php

/*
 * A database through PDO.
 *
 * Owns: the settings of the connection that the kit relies on. Must not: know a table.
 */

declare(strict_types=1);

namespace NextIM\Site;

use PDO;
use PDOException;
use PDOStatement;

final class PdoDb implements Db
{
    use Transactions;

    /** What SQL calls a transaction that another one made impossible, and PostgreSQL two that waited for each other. */
    private const CONFLICTS = ['40001', '40P01'];

    private readonly string $dialect;

    public function __construct(private readonly PDO $pdo, private readonly string $prefix = '')
    {
        $this->dialect = (string) $pdo->getAttribute(PDO::ATTR_DRIVER_NAME);
        $pdo->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
        $pdo->setAttribute(PDO::ATTR_DEFAULT_FETCH_MODE, PDO::FETCH_ASSOC);
        if ($this->dialect === 'mysql') {
            $pdo->setAttribute(PDO::ATTR_EMULATE_PREPARES, false);
        }
        if ($this->dialect === 'sqlite') {
            // A writer waits for another, for as long as a request may reasonably take.
            $pdo->setAttribute(PDO::ATTR_TIMEOUT, 5);
        }
    }

    public function rows(string $sql, array $args = []): array
    {
        return $this->statement(function () use ($sql, $args): array {
            /** @var list<array<string, int|string|null>> $rows */
            $rows = $this->execute($sql, $args)->fetchAll();
            return $rows;
        });
    }

    public function run(string $sql, array $args = []): int
    {
        return $this->statement(fn(): int => $this->execute($sql, $args)->rowCount());
    }

    public function insert(string $sql, array $args = []): int
    {
        return $this->statement(function () use ($sql, $args): int {
            if ($this->dialect === 'pgsql') {
                return (int) $this->execute("$sql RETURNING id", $args)->fetchColumn();
            }
            $statement = $this->execute($sql, $args);
            // SQLite goes on to name the last row if this statement has added none.
            $added = $this->dialect === 'mysql' || $statement->rowCount() > 0;
            return $added ? (int) $this->pdo->lastInsertId() : 0;
        });
    }

    public function dialect(): string
    {
        return $this->dialect;
    }

    public function prefix(): string
    {
        return $this->prefix;
    }

    protected function command(string $sql): void
    {
        self::translated(fn(): int|false => $this->pdo->exec($sql));
    }

    /** @param list<int|string|null> $args */
    private function execute(string $sql, array $args): PDOStatement
    {
        $statement = $this->pdo->prepare($sql);
        foreach ($args as $index => $value) {
            $kind = is_int($value) ? PDO::PARAM_INT : ($value === null ? PDO::PARAM_NULL : PDO::PARAM_STR);
            $statement->bindValue($index + 1, $value, $kind);
        }
        $statement->execute();
        return $statement;
    }

    /**
     * @template T
     * @param callable(): T $what
     * @return T
     */
    private function statement(callable $what): mixed
    {
        return $this->guarded(fn(): mixed => self::translated($what));
    }

    /**
     * @template T
     * @param callable(): T $what
     * @return T
     */
    private static function translated(callable $what): mixed
    {
        try {
            return $what();
        } catch (PDOException $error) {
            $isConflict = in_array($error->errorInfo[0] ?? '', self::CONFLICTS, true);
            throw new DbError($error->getMessage(), $isConflict, $error);
        }
    }
}
