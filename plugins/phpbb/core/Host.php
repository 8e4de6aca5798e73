<?php

/*
 * The members of a board, as the kit asks for them.
 *
 * Owns: who is logged in, phpBB's groups, bans and rights; `Members` has users, friends and foes. Must not: name a
 * table of the kit.
 */

declare(strict_types=1);

namespace nextim\bar\core;

use NextIM\Site\Person;
use NextIM\Site\Relations;
use NextIM\Site\RelationsHost;
use NextIM\Site\Request;
use NextIM\Site\Room;
use NextIM\Site\Wanted;
use phpbb\auth\auth;
use phpbb\config\config;
use phpbb\db\driver\driver_interface;
use phpbb\user;

final class Host implements RelationsHost
{
    private const CHANNELS = 50;
    private const NOTICES = 50;
    private const ROOMS = 500;

    private readonly Queries $queries;
    private readonly Members $members;
    private bool $hasLooked = false;

    public function __construct(
        private readonly driver_interface $db,
        private readonly user $user,
        private readonly auth $auth,
        private readonly config $config,
        private readonly Options $options,
        private readonly Board $board,
    ) {
        $this->queries = new Queries($db);
        $this->members = new Members($db, $this->queries, $options, $board);
    }

    public function me(Request $request): ?Person
    {
        $row = $this->hasLooked ? $this->lookAgain() : $this->user->data;
        $this->hasLooked = true;
        if ($row === null || empty($this->user->data['is_registered'])) {
            return null;
        }
        return $this->members->person($row, '', (string) $this->user->session_id, $this->end($row) * 1000);
    }

    /**
     * For what has changed since phpBB began this request, perhaps in another process.
     *
     * @return ?array<string, mixed>
     */
    private function lookAgain(): ?array
    {
        $session = $this->db->sql_escape((string) $this->user->session_id);
        $row = $this->queries->first('SELECT u.*, s.session_time, s.session_autologin FROM ' . SESSIONS_TABLE . ' s, '
            . USERS_TABLE . " u WHERE s.session_id = '$session' AND u.user_id = s.session_user_id AND u.user_id = "
            . (int) $this->user->data['user_id'] . ' AND ' . $this->members->areMembers());
        if ($row !== null) {
            $this->auth->acl($row);
        }
        return $row;
    }

    /** By phpBB's own check, as for its pages. @param array<string, mixed> $row */
    private function isBanned(array $row): bool
    {
        $ips = $this->config['forwarded_for_check']
            ? [...explode(' ', (string) $this->user->forwarded_for), $this->user->ip]
            : $this->user->ip;
        return (int) $row['user_type'] !== USER_FOUNDER
            && !empty($this->user->check_ban((int) $row['user_id'], $ips, false, true));
    }

    /** When phpBB's session ends if the user does nothing, in seconds since 1970. @param array<string, mixed> $row */
    private function end(array $row): int
    {
        $days = (int) $this->config['max_autologin_time'];
        return (int) $row['session_time'] + match (true) {
            !$row['session_autologin'] => (int) $this->config['session_length'] + 60,
            $days > 0 => $days * 86400,
            // As long as phpBB's own cookie.
            default => 31536000,
        };
    }

    public function people(array $ids, array $uids): array
    {
        return $this->members->relations(0, Members::numbers([...$ids, ...$uids]), false)->people;
    }

    public function contacts(Person $me): array
    {
        return $this->members->relations((int) $me->id, [], true)->contacts;
    }

    public function relations(Person $me, array $ids, array $uids, Wanted $contacts): Relations
    {
        $named = Members::numbers([...$ids, ...$uids]);
        return $this->members->relations((int) $me->id, $named, $contacts === Wanted::All);
    }

    public function apart(Person $me): array
    {
        return $this->members->apart((int) $me->id);
    }

    /** The groups that people join; those that phpBB fills by itself, such as all registered users, are no rooms. */
    public function rooms(Person $me, ?array $ids = null): array
    {
        $numbers = Members::numbers($ids ?? []);
        if (!$this->options->all()['rooms'] || ($ids !== null && $numbers === [])) {
            return [];
        }
        $among = $ids === null ? '' : ' AND ' . $this->db->sql_in_set('g.group_id', $numbers);
        $rows = $this->queries->rows('SELECT g.group_id, g.group_name, g.group_avatar, g.group_avatar_type,
            g.group_avatar_width, g.group_avatar_height, (SELECT COUNT(*) FROM ' . USER_GROUP_TABLE . ' m
                WHERE m.group_id = g.group_id AND m.user_pending = 0) AS members
            FROM ' . GROUPS_TABLE . ' g, ' . USER_GROUP_TABLE . ' ug WHERE ug.user_id = ' . (int) $me->id
            . ' AND ug.user_pending = 0 AND g.group_id = ug.group_id AND g.group_type <> ' . GROUP_SPECIAL . $among
            . ' ORDER BY g.group_name', self::ROOMS);
        return array_map(fn(array $row): Room => new Room(
            (string) $row['group_id'],
            $this->board->groupName((string) $row['group_name']),
            (int) $row['members'],
            $this->options->link("memberlist.php?mode=group&g={$row['group_id']}"),
            $this->board->picture($row, 'group'),
        ), $rows);
    }

    /**
     * Writes phpBB's list of foes where phpBB itself would: it takes no friends and no moderators. The kit keeps each
     * block, too: only then the bar can show which blocks are the user's own.
     */
    public function block(Person $me, string $id, bool $on): bool
    {
        [$mine, $other] = [(int) $me->id, (int) $id];
        $where = "user_id = $mine AND zebra_id = $other";
        if (!$on) {
            $this->db->sql_query('DELETE FROM ' . ZEBRA_TABLE . " WHERE $where AND foe = 1");
        } elseif (!$this->holds($other, 'a_', 'm_')) {
            // The row may be there, of a friend or of an earlier block.
            $this->db->sql_return_on_error(true);
            $this->db->sql_query('INSERT INTO ' . ZEBRA_TABLE . ' (user_id, zebra_id, foe) '
                . "SELECT $mine, user_id, 1 FROM " . USERS_TABLE
                . " WHERE user_id = $other AND user_type <> " . USER_FOUNDER);
            $this->db->sql_return_on_error(false);
        }
        return false;
    }

    public function rank(string $id): int
    {
        $row = $this->queries->first('SELECT user_type FROM ' . USERS_TABLE . ' WHERE user_id = ' . (int) $id);
        return match (true) {
            $row !== null && (int) $row['user_type'] === USER_FOUNDER => 3,
            $this->holds((int) $id, 'a_') => 2,
            $this->holds((int) $id, 'm_') => 1,
            default => 0,
        };
    }

    /** Whether a user has one of these rights, in any forum. */
    private function holds(int $id, string ...$wanted): bool
    {
        foreach ($this->auth->acl_get_list([$id], $wanted) as $rights) {
            if (in_array($id, array_map(intval(...), array_merge(...array_values($rights))), true)) {
                return true;
            }
        }
        return false;
    }

    /** In phpBB's list, if the moderator may ban there; else the kit keeps it. */
    public function ban(Person $me, string $id, ?int $until, string $reason): bool
    {
        $row = $this->queries->first('SELECT username FROM ' . USERS_TABLE . ' WHERE user_id = ' . (int) $id);
        if ($row === null || !$this->isMine($me) || !$this->auth->acl_get('m_ban')) {
            return false;
        }
        $minutes = $until === null ? 0 : max(1, (int) ceil(($until / 1000 - time()) / 60));
        return $this->board->ban((string) $row['username'], $minutes, $reason);
    }

    public function may(Person $me, string $act, ?string $target = null): ?string
    {
        if ($act === 'chat' && $this->isMine($me) && $this->isBanned($this->user->data)) {
            return $this->board->words('NEXTIM_BANNED');
        }
        $isAllowed = match ($act) {
            'chat' => $this->mayI($me, 'u_nextim'),
            'xmpp' => $this->mayI($me, 'u_nextim_xmpp'),
            'broadcast' => $this->mayI($me, 'a_'),
            'moderate' => $this->mayI($me, 'm_') || $this->mayI($me, 'a_'),
            default => true,
        };
        return $isAllowed ? null : $this->board->words('NEXTIM_MAY_NOT');
    }

    private function mayI(Person $me, string $right): bool
    {
        return match (true) {
            !$this->isMine($me) => $this->holds((int) $me->id, $right),
            $right === 'm_' => $this->auth->acl_get($right) || $this->auth->acl_getf_global($right),
            default => (bool) $this->auth->acl_get($right),
        };
    }

    private function isMine(Person $me): bool
    {
        return $me->id === (string) $this->user->data['user_id'];
    }

    public function edit(Person $me, string $body): string
    {
        return $this->board->censored($body);
    }

    public function logIn(string $name, string $password): ?Person
    {
        return null;
    }

    public function notices(Person $me): array
    {
        return $this->isMine($me) ? $this->board->notices((int) $me->id, self::NOTICES) : [];
    }

    /** The forums and topics that the user watches and may read. */
    public function extras(Person $me): array
    {
        $extras = ['menu' => [], 'channels' => []];
        if (!$this->options->all()['channels']) {
            return $extras;
        }
        $id = (int) $me->id;
        $watched = $this->queries->rows('SELECT f.forum_id, 0 AS topic_id, f.forum_id AS id, f.forum_name AS title,
                f.forum_last_post_time AS last_time FROM ' . FORUMS_WATCH_TABLE . ' w, ' . FORUMS_TABLE . " f
                WHERE w.user_id = $id AND f.forum_id = w.forum_id
            UNION ALL SELECT t.forum_id, t.topic_id, t.topic_id AS id, t.topic_title AS title,
                t.topic_last_post_time AS last_time FROM " . TOPICS_WATCH_TABLE . ' w, ' . TOPICS_TABLE . " t
                WHERE w.user_id = $id AND t.topic_id = w.topic_id
            ORDER BY last_time DESC", self::CHANNELS);
        foreach ($watched as $row) {
            if ($this->auth->acl_get('f_read', (int) $row['forum_id'])) {
                $isTopic = (int) $row['topic_id'] > 0;
                $page = $isTopic ? 'viewtopic.php?t=' : 'viewforum.php?f=';
                $extras['channels'][] = ['id' => self::channel($isTopic ? 'topic' : 'forum', (int) $row['id']),
                    'nick' => Board::plain((string) $row['title']), 'url' => $this->options->link($page . $row['id'])];
            }
        }
        return $extras;
    }

    public static function channel(string $kind, int $id): string
    {
        return "channel:$kind:$id";
    }

    public function log(string $level, string $text): void
    {
        if ($level === 'error' || defined('DEBUG')) {
            error_log("nextim: $level: $text");
        }
    }
}
