<?php

/*
 * The database of the small phpBB: what migrations and the plugin see of it.
 *
 * Owns: stand-ins with phpBB's names. Must not: hold code of phpBB.
 */

declare(strict_types=1);

namespace phpbb\db\migration {
    abstract class migration
    {
        public function __construct(
            protected readonly \phpbb\config\config $config,
            protected readonly \phpbb\db\driver\driver_interface $db,
            protected readonly string $table_prefix,
        ) {
        }
    }

    class exception extends \Exception
    {
        public function __construct(string $key, mixed ...$values)
        {
            parent::__construct(implode(' ', [$key, ...$values]));
        }
    }
}

namespace phpbb\db\driver {
    interface driver_interface
    {
        public function get_sql_layer();
        public function get_transaction();
        public function sql_transaction($status);
        public function sql_return_on_error($fail);
        public function get_sql_error_returned();
        public function sql_query($query);
        public function sql_query_limit($query, $total);
        public function sql_fetchrow($result);
        public function sql_fetchrowset($result);
        public function sql_freeresult($result);
        public function sql_affectedrows();
        public function sql_nextid();
        public function sql_escape($text);
        public function sql_in_set($column, $values);
        public function sql_build_array($kind, $row);
        public function sql_like_expression($text);
        public function get_any_char();
    }
}
