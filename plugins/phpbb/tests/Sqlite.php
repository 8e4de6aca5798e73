<?php

/*
 * A database as phpBB's dbal has it, over SQLite in memory.
 *
 * Owns: what the plugin must know of the dbal: which errors end the request, and what happens in transactions. Must
 * not: be more helpful than phpBB.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use phpbb\db\driver\driver_interface;

final class Sqlite implements driver_interface
{
    public readonly \SQLite3 $file;
    /** @var list<string> */
    public array $statements = [];
    public string $layer = 'sqlite3';
    private bool $returnsErrors = false;
    private bool $isTransaction = false;
    /** @var array{message: string, code: int} */
    private array $error = ['message' => '', 'code' => 0];

    public function __construct()
    {
        $this->file = new \SQLite3(':memory:');
        $this->file->exec((string) file_get_contents(__DIR__ . '/board.sql'));
    }

    public function get_sql_layer()
    {
        return $this->layer;
    }

    public function get_transaction()
    {
        return $this->isTransaction;
    }

    public function sql_transaction($status)
    {
        $this->isTransaction = $status === 'begin';
        return @$this->file->exec(['begin' => 'BEGIN IMMEDIATE', 'commit' => 'COMMIT', 'rollback' => 'ROLLBACK'][$status]);
    }

    public function sql_return_on_error($fail)
    {
        $this->returnsErrors = $fail;
    }

    public function get_sql_error_returned()
    {
        return $this->error;
    }

    public function sql_query($query)
    {
        $this->statements[] = $query;
        if ($this->isTransaction) {
            $query = preg_replace('/^INSERT INTO/', 'INSERT OR ROLLBACK INTO', $query);
        }
        $result = @$this->file->query($query);
        if ($result === false) {
            $this->error = ['message' => $this->file->lastErrorMsg(), 'code' => $this->file->lastErrorCode()];
            if ($this->isTransaction) {
                $this->sql_transaction('rollback');
            }
            if (!$this->returnsErrors) {
                throw new \LogicException("phpBB ends the request: {$this->error['message']} in $query");
            }
        }
        return $result;
    }

    public function sql_query_limit($query, $total)
    {
        return $this->sql_query("$query LIMIT $total");
    }

    public function sql_fetchrow($result)
    {
        return $result->fetchArray(SQLITE3_ASSOC);
    }

    public function sql_fetchrowset($result)
    {
        $rows = [];
        while (is_array($row = $this->sql_fetchrow($result))) {
            $rows[] = $row;
        }
        return $rows;
    }

    public function sql_freeresult($result)
    {
        return $result->finalize();
    }

    public function sql_affectedrows()
    {
        return $this->file->changes();
    }

    public function sql_nextid()
    {
        return $this->file->lastInsertRowID();
    }

    public function sql_escape($text)
    {
        return \SQLite3::escapeString($text);
    }

    public function sql_in_set($column, $values)
    {
        $quoted = array_map(fn(int|string $one): string => is_int($one) ? "$one" : "'{$this->sql_escape($one)}'", $values);
        return $values === [] ? throw new \LogicException('phpBB ends the request') : "$column IN (" . implode(', ', $quoted)
            . ')';
    }

    public function sql_build_array($kind, $row)
    {
        return '(' . implode(', ', array_keys($row)) . ') VALUES (' . implode(', ', $row) . ')';
    }

    public function sql_like_expression($text)
    {
        return "GLOB '{$this->sql_escape($text)}'";
    }

    public function get_any_char()
    {
        return '*';
    }

    /** A value, for a test. */
    public function value(string $sql): mixed
    {
        return $this->file->querySingle($sql);
    }
}
