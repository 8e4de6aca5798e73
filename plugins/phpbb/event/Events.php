<?php

/*
 * What happens on the board and concerns the chat.
 *
 * Owns: which event of phpBB is which event of the chat. Must not: throw, or do more than pass it on.
 */

declare(strict_types=1);

namespace nextim\bar\event;

use NextIM\Site\Records;
use nextim\bar\core\Board;
use nextim\bar\core\Host;
use nextim\bar\core\Plugin;
use phpbb\db\driver\driver_interface;
use phpbb\user;
use Symfony\Component\EventDispatcher\EventSubscriberInterface;

final class Events implements EventSubscriberInterface
{
    /** @var array<string, true> the bans that this request has passed on: phpBB has two events for most of them */
    private array $banned = [];

    public function __construct(
        private readonly Plugin $plugin,
        private readonly Board $board,
        private readonly user $user,
        private readonly driver_interface $db,
    ) {
    }

    public static function getSubscribedEvents()
    {
        return [
            'core.session_kill_after' => 'loggedOut',
            'core.session_create_after' => 'renewed',
            'core.add_log' => 'logged',
            'core.user_active_flip_after' => 'flipped',
            'core.delete_user_after' => 'deleted',
            'core.acp_ban_after' => 'banned',
            'core.mcp_ban_after' => 'banned',
            'core.ucp_add_zebra' => 'zebraAdded',
            'core.ucp_remove_zebra' => 'zebraRemoved',
            'core.group_add_user_after' => 'added',
            'core.user_set_group_attributes' => 'approved',
            'core.group_delete_user_after' => 'removed',
            'core.delete_group_after' => 'groupDeleted',
            'core.submit_post_end' => 'posted',
        ];
    }

    /** @param \ArrayAccess<string, mixed> $event */
    public function loggedOut($event): void
    {
        if ((int) $event['user_id'] !== ANONYMOUS) {
            $this->plugin->tell()->loggedOut((string) $event['session_id']);
        }
    }

    /**
     * A session takes the place of another one, as when an administrator logs in once more. The pages of the old one
     * ask again by themselves.
     *
     * @param \ArrayAccess<string, mixed> $event
     */
    public function renewed($event): void
    {
        ['session_user_id' => $id, 'session_id' => $new] = $event['session_data'];
        $old = $this->plugin->options->session();
        if ((int) $id !== ANONYMOUS && empty($this->user->data['is_bot']) && $old !== '' && $old !== $new) {
            $this->plugin->tell()->loggedOut($old);
        }
    }

    /**
     * phpBB has no events of their own for new passwords, which end all sessions, and for bans by moderators' tools. It
     * writes both to the notes about the user: a password of the user's own, after a reset, and by an administrator.
     *
     * @param \ArrayAccess<string, mixed> $event
     */
    public function logged($event): void
    {
        $id = (string) ($event['sql_ary']['reportee_id'] ?? '');
        if ($event['mode'] !== 'user' || $id === '') {
            return;
        }
        match ($event['log_operation']) {
            'LOG_USER_NEW_PASSWORD' => $this->plugin->tell()->newPassword($id),
            'LOG_BAN_USER' => $this->ban([$id]),
            default => null,
        };
    }

    /** @param \ArrayAccess<string, mixed> $event */
    public function flipped($event): void
    {
        foreach ($event['sql_statements'] as $id => $row) {
            if ((int) ($row['user_type'] ?? USER_NORMAL) === USER_INACTIVE) {
                $this->plugin->tell()->loggedOutEverywhere((string) $id);
            }
        }
    }

    /** @param \ArrayAccess<string, mixed> $event */
    public function deleted($event): void
    {
        foreach (self::ids($event['user_ids']) as $id) {
            $this->plugin->tell()->erased($id);
            $this->quietly(fn() => $this->plugin->erase($id));
        }
    }

    /** @param \ArrayAccess<string, mixed> $event */
    public function banned($event): void
    {
        $list = is_array($event['ban']) ? $event['ban'] : explode("\n", (string) $event['ban']);
        $list = array_filter(array_map(trim(...), $list));
        if ($event['ban_exclude'] || $list === []) {
            return;
        }
        $where = match ($event['mode']) {
            'user' => $this->db->sql_in_set('username_clean', array_map($this->board->clean(...), $list)),
            'email' => implode(' OR ', array_map($this->likeEmail(...), $list)),
            // Nobody knows who is behind an address: they are refused when their pages next ask.
            default => '',
        };
        if ($where !== '') {
            $result = $this->db->sql_query('SELECT user_id FROM ' . USERS_TABLE . " WHERE $where");
            $this->ban(self::ids(array_column($this->db->sql_fetchrowset($result) ?: [], 'user_id')));
            $this->db->sql_freeresult($result);
        }
    }

    private function likeEmail(string $email): string
    {
        return 'user_email ' . $this->db->sql_like_expression(str_replace('*', $this->db->get_any_char(), $email));
    }

    /** @param list<string> $ids */
    private function ban(array $ids): void
    {
        foreach ($ids as $id) {
            if (!isset($this->banned[$id])) {
                $this->banned[$id] = true;
                $this->plugin->tell()->banned($id);
            }
        }
    }

    /** @param \ArrayAccess<string, mixed> $event */
    public function zebraAdded($event): void
    {
        foreach ($event['mode'] === 'foes' ? $event['sql_ary'] : [] as $row) {
            [$me, $other] = [(string) $row['user_id'], (string) $row['zebra_id']];
            $this->keep(fn(Records $records) => $records->block($me, $other, true));
            $this->plugin->tell()->apart($me, $other);
        }
    }

    /** @param \ArrayAccess<string, mixed> $event */
    public function zebraRemoved($event): void
    {
        $me = (string) $this->user->data['user_id'];
        foreach (self::ids($event['user_ids']) as $other) {
            if ($event['mode'] === 'foes') {
                $this->keep(fn(Records $records) => $records->block($me, $other, false));
            } else {
                $this->plugin->tell()->apart($me, $other);
            }
        }
    }

    /** @param \ArrayAccess<string, mixed> $event */
    public function added($event): void
    {
        if (!$event['pending']) {
            $this->enter((int) $event['group_id'], self::ids($event['user_id_ary']));
        }
    }

    /** @param \ArrayAccess<string, mixed> $event */
    public function approved($event): void
    {
        if ($event['action'] === 'approve') {
            $this->enter((int) $event['group_id'], self::ids($event['user_id_ary']));
        }
    }

    /** @param list<string> $ids */
    private function enter(int $group, array $ids): void
    {
        foreach ($this->isRoom($group) ? $this->nicks($ids) : [] as $id => $nick) {
            $this->plugin->tell()->entered((string) $id, (string) $group, $nick);
        }
    }

    /** @param \ArrayAccess<string, mixed> $event */
    public function removed($event): void
    {
        $group = (int) $event['group_id'];
        $ids = $this->isRoom($group) ? self::ids($event['user_id_ary']) : [];
        $nicks = $this->nicks($ids);
        foreach ($ids as $id) {
            $this->plugin->tell()->left($id, (string) $group, $nicks[$id] ?? '');
        }
    }

    /** @param \ArrayAccess<string, mixed> $event */
    public function groupDeleted($event): void
    {
        $this->plugin->tell()->roomGone((string) $event['group_id']);
    }

    private function isRoom(int $group): bool
    {
        $sql = 'SELECT group_type FROM ' . GROUPS_TABLE . " WHERE group_id = $group";
        $result = $this->db->sql_query($sql);
        $row = $this->db->sql_fetchrow($result);
        $this->db->sql_freeresult($result);
        return is_array($row) && (int) $row['group_type'] !== GROUP_SPECIAL && $this->plugin->options->all()['rooms'];
    }

    /**
     * @param list<string> $ids
     * @return array<array-key, string>
     */
    private function nicks(array $ids): array
    {
        return array_column($ids === [] ? [] : $this->plugin->host->people($ids, []), 'nick', 'id');
    }

    /**
     * A new topic is news of its forum, and a reply is news of its topic, for those who watch them.
     *
     * @param \ArrayAccess<string, mixed> $event
     */
    public function posted($event): void
    {
        $data = $event['data'];
        $isSeen = (int) $event['post_visibility'] === ITEM_APPROVED && $this->plugin->options->all()['channels'];
        $where = match ($event['mode']) {
            'post' => ['forum', (int) $data['forum_id'], (string) ($data['forum_name'] ?? '')],
            'reply', 'quote' => ['topic', (int) $data['topic_id'], (string) ($data['topic_title'] ?? '')],
            default => null,
        };
        if ($isSeen && $where !== null) {
            [$kind, $id, $title] = $where;
            // Whole, so that the bar makes a link of it.
            $page = $this->plugin->options->link("viewtopic.php?p={$data['post_id']}#p{$data['post_id']}");
            $link = $this->plugin->options->origin() . $page;
            $text = Board::plain((string) $event['subject']);
            $this->plugin->tell()->posted(Host::channel($kind, $id), Board::plain($title), $text, $link);
        }
    }

    /** @param callable(Records): mixed $what */
    private function keep(callable $what): void
    {
        $this->quietly(fn() => $what($this->plugin->handler()->site->records));
    }

    /** @param callable(): mixed $what */
    private function quietly(callable $what): void
    {
        $this->plugin->handler()->site->quietly($what);
    }

    /** @return list<string> */
    private static function ids(mixed $ids): array
    {
        return array_values(array_map(strval(...), array_filter((array) $ids)));
    }
}
