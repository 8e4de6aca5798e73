<?php

/*
 * A small phpBB: what the plugin calls of it, over SQLite in memory.
 *
 * Owns: stand-ins with phpBB's names, which behave as phpBB 3.3 does where it matters to the plugin. Must not: hold
 * code of phpBB.
 */

declare(strict_types=1);

namespace {
    const IN_PHPBB = true;
    const ANONYMOUS = 1;
    const USER_NORMAL = 0;
    const USER_INACTIVE = 1;
    const USER_IGNORE = 2;
    const USER_FOUNDER = 3;
    const GROUP_CLOSED = 1;
    const GROUP_SPECIAL = 3;
    const ITEM_UNAPPROVED = 0;
    const ITEM_APPROVED = 1;
    const USERS_TABLE = 'phpbb_users';
    const SESSIONS_TABLE = 'phpbb_sessions';
    const ZEBRA_TABLE = 'phpbb_zebra';
    const GROUPS_TABLE = 'phpbb_groups';
    const USER_GROUP_TABLE = 'phpbb_user_group';
    const BANLIST_TABLE = 'phpbb_banlist';
    const FORUMS_TABLE = 'phpbb_forums';
    const TOPICS_TABLE = 'phpbb_topics';
    const FORUMS_WATCH_TABLE = 'phpbb_forums_watch';
    const TOPICS_WATCH_TABLE = 'phpbb_topics_watch';

    function utf8_clean_string(string $text): string
    {
        return mb_strtolower($text);
    }

    function user_ban(mixed ...$args): bool
    {
        \phpbb\world::$bans[] = $args;
        return true;
    }

    function add_form_key(string $name): void
    {
        \phpbb\world::$forms[] = $name;
    }

    function check_form_key(string $name): bool
    {
        return \phpbb\world::$isFormRight && in_array($name, \phpbb\world::$forms, true);
    }
}

namespace phpbb {
    /** What phpBB keeps in global variables and functions. */
    final class world
    {
        /** @var list<array<array-key, mixed>> */
        public static array $bans = [];
        /** @var list<string> */
        public static array $forms = [];
        public static bool $isFormRight = true;
    }

    class user
    {
        /** @var array<string, mixed> */
        public array $data = ['user_id' => ANONYMOUS, 'is_registered' => false];
        public string $session_id = '';
        public string $ip = '127.0.0.1';
        public string $forwarded_for = '';
        public string $lang_name = 'en';
        /** @var array<string, string> */
        public array $page = ['root_script_path' => '/forum/'];
        /** @var list<array<string, mixed>> */
        public array $updates = [];

        public function __construct(private readonly db\driver\driver_interface $db)
        {
        }

        public function check_ban(int $id, string|array $ips, string|false $email, bool $return): array|bool
        {
            $result = $this->db->sql_query("SELECT * FROM phpbb_banlist WHERE ban_userid = $id OR ban_ip <> ''");
            foreach ($this->db->sql_fetchrowset($result) as $row) {
                if ((int) $row['ban_userid'] === $id || in_array($row['ban_ip'], (array) $ips, true)) {
                    return $row;
                }
            }
            return false;
        }

        public function format_date(int $time): string
        {
            return gmdate('Y-m-d', $time);
        }

        public function update_session(array $values): void
        {
            $this->updates[] = $values;
        }
    }

    class symfony_request
    {
        public string $path = '/nextim/online';

        public function getPathInfo(): string
        {
            return $this->path;
        }
    }
}

namespace phpbb\config {
    class config implements \ArrayAccess
    {
        /** @param array<string, mixed> $values */
        public function __construct(public array $values)
        {
        }

        public function offsetExists(mixed $name): bool
        {
            return isset($this->values[$name]);
        }

        public function offsetGet(mixed $name): mixed
        {
            return $this->values[$name] ?? '';
        }

        public function offsetSet(mixed $name, mixed $value): void
        {
            $this->values[$name] = $value;
        }

        public function offsetUnset(mixed $name): void
        {
            unset($this->values[$name]);
        }

        public function set(string $name, mixed $value, bool $isCached = true): void
        {
            $this->values[$name] = $value;
        }
    }

    class db_text
    {
        /** @var array<string, string> */
        public array $values = [];

        public function get(string $name): ?string
        {
            return $this->values[$name] ?? null;
        }

        public function set(string $name, string $value): void
        {
            $this->values[$name] = $value;
        }
    }
}

namespace phpbb\auth {
    class auth
    {
        /** @var array<int, list<string>> */
        public array $rights = [];
        public int $current = 0;

        public function acl(array $row): void
        {
            $this->current = (int) $row['user_id'];
        }

        public function acl_get(string $right, int $forum = 0): bool
        {
            return in_array($forum === 0 ? $right : "$right $forum", $this->rights[$this->current] ?? [], true);
        }

        public function acl_getf_global(string $right): bool
        {
            return in_array("$right in a forum", $this->rights[$this->current] ?? [], true);
        }

        /** phpBB's answer names the users as numbers, by forum and right. */
        public function acl_get_list(array $users, array $rights): array
        {
            $found = [];
            foreach ($users as $user) {
                foreach (array_intersect($rights, $this->rights[$user] ?? []) as $right) {
                    $found[0][$right][] = $user;
                }
            }
            return $found;
        }
    }
}

namespace phpbb\language {
    class language
    {
        /** @var list<array{string, string}> */
        public array $added = [];

        public function add_lang(string $file, string $extension): void
        {
            $this->added[] = [$file, $extension];
        }

        public function lang(string $key, mixed ...$args): string
        {
            return implode(' ', [$key, ...$args]);
        }
    }
}

namespace phpbb\request {
    interface request_interface
    {
        public const COOKIE = 1;
    }

    final class request implements request_interface
    {
        /** @var array<string, string> */
        public array $variables = [];
        /** @var array<string, string> */
        public array $cookies = [];
        /** @var array<string, string> */
        public array $headers = [];
        /** @var array<string, string> */
        public array $server = ['SCRIPT_FILENAME' => '/srv/forum/app.php'];
        public bool $isSecure = false;
        public bool $isTaken = true;

        /** Texts come with entities. */
        public function variable(string $name, mixed $default, bool $multibyte = false, int $from = 0): string
        {
            $values = $from === self::COOKIE ? $this->cookies : $this->variables;
            return htmlspecialchars($values[$name] ?? $default, ENT_COMPAT);
        }

        public function is_set_post(string $name): bool
        {
            return isset($this->variables[$name]);
        }

        public function header(string $name): string
        {
            return $this->headers[$name] ?? '';
        }

        public function server(string $name): string
        {
            return $this->server[$name] ?? '';
        }

        public function is_secure(): bool
        {
            return $this->isSecure;
        }

        public function super_globals_disabled(): bool
        {
            return $this->isTaken;
        }

        public function enable_super_globals(): void
        {
            $this->isTaken = false;
        }

        public function disable_super_globals(): void
        {
            $this->isTaken = true;
        }
    }
}

namespace phpbb\routing {
    class helper
    {
        public string $front = '/forum/app.php';

        /** phpBB adds the id of the session, unless another one is given. */
        public function route(string $route, array $params, bool $isAmp, string|false $session = false): string
        {
            $sid = $session === false ? '?sid=0123456789abcdef' : ($session === '' ? '' : "?sid=$session");
            return "$this->front/nextim/{$params['endpoint']}$sid";
        }
    }
}

namespace phpbb\template {
    class template
    {
        /** @var array<string, mixed> */
        public array $vars = [];
        /** @var array<string, list<array<string, mixed>>> */
        public array $blocks = [];

        public function assign_var(string $name, mixed $value): void
        {
            $this->vars[$name] = $value;
        }

        public function assign_vars(array $vars): void
        {
            $this->vars = $vars + $this->vars;
        }

        public function assign_block_vars(string $name, array $vars): void
        {
            $this->blocks[$name][] = $vars;
        }
    }
}

namespace phpbb\avatar {
    class manager
    {
        public static function clean_row(array $row, string $prefix): array
        {
            $names = array_map(fn(string $name): string => preg_replace("/^{$prefix}_/", '', $name), array_keys($row));
            return array_combine($names, $row);
        }

        public function get_driver(string $type): ?object
        {
            return match ($type) {
                'avatar.driver.upload' => new class {
                    public function get_data(array $row): array
                    {
                        return ['src' => "./../download/file.php?avatar={$row['avatar']}"];
                    }
                },
                'avatar.driver.gravatar' => new class {
                    public function get_data(array $row): array
                    {
                        return ['src' => "//pictures.example/{$row['avatar']}?s=90&amp;d=mm"];
                    }
                },
                default => null,
            };
        }
    }
}

namespace phpbb\extension {
    class base
    {
        public function __construct(protected readonly \Symfony\Component\DependencyInjection\ContainerInterface $container)
        {
        }
    }
}

namespace phpbb\cron\task {
    abstract class base
    {
    }
}
