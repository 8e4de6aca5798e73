<?php

/*
 * A database as phpBB's dbal has it, over MySQL or PostgreSQL: the one that NEXTIM_TEST_DSN names.
 *
 * Owns: how phpBB sets the connection up, and what its functions return there. Must not: be more helpful than phpBB.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use phpbb\db\driver\driver_interface;

final class Server implements driver_interface
{
    /** @var list<string> */
    public array $statements = [];
    private readonly ?\mysqli $mysql;
    private readonly mixed $pgsql;
    private bool $returnsErrors = false;
    private bool $isTransaction = false;
    private mixed $result = null;

    public function __construct(string $dsn)
    {
        $user = (string) getenv('NEXTIM_TEST_USER');
        [$kind, $rest] = explode(':', $dsn, 2);
        parse_str(strtr($rest, ';', '&'), $parts);
        $this->pgsql = $kind === 'pgsql' ? pg_connect("host={$parts['host']} dbname={$parts['dbname']} user=$user") : null;
        $this->mysql = $kind === 'mysql' ? mysqli_init() : null;
        if ($this->mysql !== null) {
            mysqli_report(MYSQLI_REPORT_OFF);
            $socket = (string) $parts['unix_socket'];
            $this->mysql->real_connect('localhost', $user, '', (string) $parts['dbname'], 0, $socket, MYSQLI_CLIENT_FOUND_ROWS);
            $this->mysql->query("SET NAMES 'utf8'");
        }
    }

    public function get_sql_layer()
    {
        return $this->mysql !== null ? 'mysqli' : 'postgres';
    }

    public function get_transaction()
    {
        return $this->isTransaction;
    }

    public function sql_transaction($status)
    {
        $this->isTransaction = $status === 'begin';
        return $this->run(['begin' => 'START TRANSACTION', 'commit' => 'COMMIT', 'rollback' => 'ROLLBACK'][$status]);
    }

    public function sql_return_on_error($fail)
    {
        $this->returnsErrors = $fail;
    }

    public function get_sql_error_returned()
    {
        return $this->mysql !== null
            ? ['message' => $this->mysql->error, 'code' => $this->mysql->errno]
            : ['message' => pg_last_error($this->pgsql), 'code' => ''];
    }

    private function run(string $query): mixed
    {
        $this->statements[] = $query;
        $this->result = $this->mysql !== null ? $this->mysql->query($query) : @pg_query($this->pgsql, $query);
        return $this->result;
    }

    public function sql_query($query)
    {
        $result = $this->run($query);
        if ($result === false && $this->isTransaction) {
            $this->sql_transaction('rollback');
        }
        if ($result === false && !$this->returnsErrors) {
            throw new \LogicException("phpBB ends the request: {$this->get_sql_error_returned()['message']} in $query");
        }
        return $result;
    }

    public function sql_query_limit($query, $total)
    {
        return $this->sql_query("$query LIMIT $total");
    }

    public function sql_fetchrow($result)
    {
        return ($this->mysql !== null ? $result->fetch_assoc() : pg_fetch_assoc($result)) ?? false;
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
        return $this->mysql !== null ? $result->free() : pg_free_result($result);
    }

    public function sql_affectedrows()
    {
        return $this->mysql !== null ? $this->mysql->affected_rows : pg_affected_rows($this->result);
    }

    public function sql_nextid()
    {
        return $this->mysql !== null ? $this->mysql->insert_id : throw new \LogicException('phpBB reads a sequence here');
    }

    public function sql_escape($text)
    {
        return $this->mysql !== null ? $this->mysql->real_escape_string($text) : pg_escape_string($this->pgsql, $text);
    }

    public function sql_in_set($column, $values)
    {
        return "$column IN (" . implode(', ', $values) . ')';
    }

    public function sql_build_array($kind, $row)
    {
        return '(' . implode(', ', array_keys($row)) . ') VALUES (' . implode(', ', $row) . ')';
    }

    public function sql_like_expression($text)
    {
        return "LIKE '{$this->sql_escape($text)}'";
    }

    public function get_any_char()
    {
        return '%';
    }

    /** A value, for a test. */
    public function value(string $sql): mixed
    {
        $value = $this->sql_fetchrow($this->sql_query($sql));
        $value = is_array($value) ? reset($value) : null;
        return is_numeric($value) ? (int) $value : $value;
    }
}
