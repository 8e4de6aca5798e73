<?php

/*
 * What phpBB keeps for the chat.
 *
 * Owns: the settings, the permission, the page of settings and the kit's tables. Must not: drop a table but when the
 * administrator has phpBB delete the extension's data.
 *
 * A later kit with more tables gets a migration of its own beside this one, which calls the same function.
 */

declare(strict_types=1);

namespace nextim\bar\migrations;

use NextIM\Site\Migrations;
use NextIM\Site\Store;
use nextim\bar\core\Dbal;
use nextim\bar\core\Options;
use phpbb\db\migration\migration;

class install extends migration
{
    public static function depends_on()
    {
        return ['\phpbb\db\migration\data\v330\v330'];
    }

    public function effectively_installed()
    {
        return isset($this->config['nextim_server']);
    }

    public function update_data()
    {
        $settings = [];
        foreach (Options::DEFAULTS as $name => $value) {
            $settings[] = ['config.add', [Options::PREFIX . $name, is_bool($value) ? (int) $value : $value]];
        }
        $grant = fn(string $role, string $right, bool $may = true): array => ['if', [
            ['permission.role_exists', [$role]],
            ['permission.permission_set', [$role, $right, 'role', $may]],
        ]];
        $page = ['module_basename' => '\nextim\bar\acp\main_module', 'modes' => ['settings']];
        return [
            // First: where no tables can be made, nothing else is left behind.
            ['custom', [[$this, 'make_tables']]],
            ...$settings,
            ['config.add', ['nextim_prune_last', 0, true]],
            ['config_text.add', ['nextim_erase', '']],
            ['permission.add', ['u_nextim']],
            ['permission.add', ['u_nextim_xmpp']],
            $grant('ROLE_USER_STANDARD', 'u_nextim'),
            $grant('ROLE_USER_STANDARD', 'u_nextim_xmpp'),
            $grant('ROLE_USER_FULL', 'u_nextim'),
            $grant('ROLE_USER_FULL', 'u_nextim_xmpp'),
            // As phpBB has it for private messages.
            $grant('ROLE_USER_NEW_MEMBER', 'u_nextim', false),
            ['module.add', ['acp', 'ACP_CAT_DOT_MODS', 'ACP_NEXTIM']],
            ['module.add', ['acp', 'ACP_NEXTIM', $page]],
            ['module.add', ['ucp', 'UCP_PROFILE', ['module_basename' => '\nextim\bar\ucp\main_module',
                'modes' => ['passwords']]]],
        ];
    }

    public function revert_data()
    {
        return [['custom', [[$this, 'drop_tables']]]];
    }

    public function make_tables()
    {
        $db = new Dbal($this->db, $this->table_prefix);
        if ($db->dialect() === '') {
            throw new \phpbb\db\migration\exception('NEXTIM_NEEDS', 'MySQL, MariaDB, PostgreSQL, SQLite 3');
        }
        (new Migrations($db))->migrate();
        $this->copy_foes($db);
    }

    public function drop_tables()
    {
        (new Migrations(new Dbal($this->db, $this->table_prefix)))->uninstall(true);
    }

    /** The kit knows by its own table which blocks are a user's own. */
    private function copy_foes(Dbal $db)
    {
        $text = $db->dialect() === 'mysql' ? 'CHAR' : 'TEXT';
        [$ignore, $conflict] = $db->dialect() === 'mysql' ? ['IGNORE ', ''] : ['', ' ON CONFLICT DO NOTHING'];
        (new Store($db))->run("INSERT {$ignore}INTO {blocks} (\"user\", blocked) SELECT CAST(user_id AS $text),
            CAST(zebra_id AS $text) FROM {$this->table_prefix}zebra WHERE foe = 1$conflict");
    }
}
