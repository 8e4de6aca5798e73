<?php

/*
 * The database in the kit's own words.
 *
 * Owns: how statements are written for each database: `{messages}` is a table, `"from"` a column. Must not: know what
 * is in a table.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Store
{
    public const TABLES = ['talks', 'messages', 'marks', 'room_clears', 'settings', 'tickets', 'blocks', 'reactions',
        'files', 'reports', 'subscriptions', 'acts', 'rates', 'meta'];

    public readonly string $dialect;

    public function __construct(private readonly Db $db)
    {
        $this->dialect = $db->dialect();
    }

    /**
     * @param list<int|string|null> $args
     * @return list<array<string, int|string|null>>
     */
    public function rows(string $sql, array $args = []): array
    {
        return $this->db->rows($this->sql($sql), $args);
    }

    /** @param list<int|string|null> $args */
    public function run(string $sql, array $args = []): int
    {
        return $this->db->run($this->sql($sql), $args);
    }

    /** @param list<int|string|null> $args */
    public function insert(string $sql, array $args = []): int
    {
        return $this->db->insert($this->sql($sql), $args);
    }

    /**
     * @template T
     * @param callable(): T $what
     * @return T
     */
    public function atomic(callable $what): mixed
    {
        return $this->db->atomic($what);
    }

    /**
     * Adds rows, and leaves out those whose key is there already. Returns the number of rows added.
     *
     * @param list<list<int|string|null>> $rows
     */
    public function addMissing(string $table, string $columns, array $rows): int
    {
        [$ignore, $conflict] = $this->dialect === 'mysql' ? ['IGNORE ', ''] : ['', ' ON CONFLICT DO NOTHING'];
        $sql = "INSERT {$ignore}INTO {{$table}} ($columns) VALUES " . self::places($rows) . $conflict;
        return $rows === [] ? 0 : $this->run($sql, array_merge(...$rows));
    }

    /**
     * Adds rows; where the key is there already, makes this assignment. In it `new(x)` is the column of the row to add,
     * and `old(x)` that of the row that is there.
     *
     * @param string $key the columns of the key
     * @param list<list<int|string|null>> $rows
     */
    public function put(string $table, string $key, string $columns, array $rows, string $assignment): void
    {
        if ($rows !== []) {
            $sql = "INSERT INTO {{$table}} ($columns) VALUES " . self::places($rows);
            $this->run($sql . $this->onConflict($table, $key, $assignment), array_merge(...$rows));
        }
    }

    public function onConflict(string $table, string $key, string $assignment): string
    {
        if ($this->dialect === 'mysql') {
            $set = preg_replace(['/new\((\S+?)\)/', '/old\((\S+?)\)/'], ['VALUES($1)', '$1'], $assignment);
            return " ON DUPLICATE KEY UPDATE $set";
        }
        $set = preg_replace(['/new\((\S+?)\)/', '/old\((\S+?)\)/'], ['excluded.$1', "{{$table}}.\$1"], $assignment);
        return " ON CONFLICT ($key) DO UPDATE SET $set";
    }

    /**
     * As many places as there are values, in parentheses.
     *
     * @param array<array-key, mixed> $values
     */
    public static function in(array $values): string
    {
        return '(' . implode(', ', array_fill(0, count($values), '?')) . ')';
    }

    /** The statements of a file of tables. @return list<string> */
    public function statements(string $file): array
    {
        $text = preg_replace('/--.*$/m', '', (string) file_get_contents($file));
        return array_values(array_filter(array_map(trim(...), explode(';', $text ?? ''))));
    }

    /** @param list<list<int|string|null>> $rows */
    private static function places(array $rows): string
    {
        return implode(', ', array_map(self::in(...), $rows));
    }

    private function sql(string $sql): string
    {
        $named = preg_replace('/\{(\w+)\}/', $this->db->prefix() . 'nextim_$1', $sql) ?? $sql;
        return $this->dialect === 'mysql' ? str_replace('"', '`', $named) : $named;
    }
}
