<?php

/*
 * The members of a forum, as the kit asks for them.
 *
 * Owns: what Discuz knows: the log-in, groups, rights, the blacklist, and its filter of words; `Members` reads members.
 * Must not: show a page or end the process, as many functions of Discuz do.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

use NextIM\Site\Person;
use NextIM\Site\Refusal;
use NextIM\Site\Relations;
use NextIM\Site\RelationsHost;
use NextIM\Site\Request;
use NextIM\Site\Room;
use NextIM\Site\Store;
use NextIM\Site\Wanted;

final class Host implements RelationsHost
{
    public const CHANNEL = 'channel:threads';
    /** A group of the site is a forum of this status. */
    private const GROUP = 3;

    /** @var array<string, array<string, mixed>> rows of members who have been asked for */
    private array $known = [];
    private readonly Members $members;

    public function __construct(private readonly Options $options)
    {
        $this->members = new Members($options);
    }

    public function me(Request $request): ?Person
    {
        $session = (string) getglobal('auth', 'cookie');
        [$password, $uid] = explode("\t", $session === '' ? '' : (string) authcode($session, 'DECODE')) + [1 => ''];
        $row = Members::isNumber($uid) ? $this->row($uid) : null;
        if ($row === null || $password === '' || !hash_equals((string) $row['password'], $password)) {
            return null;
        }
        return $this->person($row, '', $session);
    }

    /** Never from a cache, and from the main server: the second look of a request is for what has changed. */
    private function row(string $uid): ?array
    {
        $db = \DB::object();
        if (property_exists($db, 'slaveexcept')) {
            $db->slaveexcept = true;
        }
        // With the user's own names of the groups of friends.
        $sql = 'SELECT ' . Members::FIELDS . ', m.password, h.privacy FROM %t m LEFT JOIN %t h ON h.uid = m.uid'
            . ' WHERE m.uid = %d';
        $row = \DB::fetch_first($sql, ['common_member', 'common_member_field_home', $uid]);
        return $row ? $this->known[(string) $row['uid']] = $row : null;
    }

    private function isFromBannedAddress(): bool
    {
        return class_exists('ip') && \ip::checkbanned((string) getglobal('clientip'));
    }

    public function people(array $ids, array $uids): array
    {
        return $this->found($this->members->named('0', [...$ids, ...$uids]));
    }

    public function contacts(Person $me): array
    {
        return $this->shownAsFriends($me, $this->members->friends($me->id));
    }

    /** Each comes with the lists of both sides: one query for those whom the request names, one for all friends. */
    public function relations(Person $me, array $ids, array $uids, Wanted $contacts): Relations
    {
        $named = $this->members->named($me->id, [...$ids, ...$uids]);
        $isFriend = fn(array $row): bool => $row['gid'] !== null;
        $friends = $contacts === Wanted::All ? $this->members->friends($me->id) : array_filter($named, $isFriend);
        $isApart = fn(array $row): bool => $row['blocked'] !== null || $row['blocker'] !== null;
        $apart = array_column(array_filter([...$named, ...$friends], $isApart), 'uid');
        return new Relations(
            $this->found($named),
            $contacts === Wanted::Nobody ? [] : $this->shownAsFriends($me, $friends),
            array_values(array_unique(array_map(strval(...), $apart))),
        );
    }

    /**
     * @param array<array-key, array<string, mixed>> $rows
     * @return list<Person>
     */
    private function shownAsFriends(Person $me, array $rows): array
    {
        $groups = array_filter(array_map(intval(...), array_column($rows, 'gid'))) === [] ? [] : $this->groups($me);
        return $this->found($rows, fn(array $row): string => $groups[(int) $row['gid']] ?? 'friend');
    }

    /** @return array<int, string> the user's own names of the groups of friends, else those of Discuz */
    private function groups(Person $me): array
    {
        $kept = $this->known[$me->id] ?? $this->row($me->id);
        $privacy = dunserialize((string) ($kept['privacy'] ?? ''));
        $own = is_array($privacy) && is_array($privacy['groupname'] ?? null) ? $privacy['groupname'] : [];
        $names = [];
        for ($number = 1; $number < 8; $number++) {
            $name = (string) ($own[$number] ?? '');
            $names[$number] = $name === '' ? (string) lang('friend', "friend_group_$number") : $name;
        }
        return $names;
    }

    public function rooms(Person $me, ?array $ids = null): array
    {
        $wanted = $ids === null ? null : array_values(array_filter($ids, Members::isNumber(...)));
        if (!$this->options->all()['rooms'] || $wanted === []) {
            return [];
        }
        $sql = 'SELECT f.fid, f.name, ff.membernum, ff.icon FROM %t u INNER JOIN %t f ON f.fid = u.fid INNER JOIN %t ff'
            . ' ON ff.fid = u.fid WHERE u.uid = %d AND u.level > 0 AND f.status = %d'
            . ($wanted === null ? '' : ' AND u.fid IN (%n)') . ' ORDER BY u.lastupdate DESC, u.fid LIMIT 500';
        $args = ['forum_groupuser', 'forum_forum', 'forum_forumfield', $me->id, self::GROUP,
            ...($wanted === null ? [] : [$wanted])];
        return array_map(fn(array $row): Room => new Room(
            (string) $row['fid'],
            self::text((string) $row['name']),
            (int) $row['membernum'],
            $this->link("forum.php?mod=group&fid=$row[fid]"),
            $row['icon'] ? $this->link(getglobal('setting/attachurl') . "group/$row[icon]") : '',
        ), array_values(\DB::fetch_all($sql, $args)));
    }

    public function apart(Person $me): array
    {
        $sql = 'SELECT uid, buid FROM %t WHERE uid = %d OR buid = %d';
        $pairs = \DB::fetch_all($sql, ['home_blacklist', $me->id, $me->id]);
        $both = array_map(strval(...), [...array_column($pairs, 'uid'), ...array_column($pairs, 'buid')]);
        return array_values(array_diff(array_unique($both), [$me->id]));
    }

    /**
     * Writes what Discuz's own page of the blacklist writes, but leaves the friendship. The kit keeps the block, too,
     * and shows users whom they have blocked.
     */
    public function block(Person $me, string $id, bool $on): bool
    {
        [$mine, $other, $list] = [(int) $me->id, (int) $id, \C::t('home_blacklist')];
        if ($on) {
            $list->insert(['uid' => $mine, 'buid' => $other, 'dateline' => TIMESTAMP], false, true);
        } else {
            $list->delete_by_uid_buid($mine, $other);
        }
        \C::t('common_member_count')->update($mine, ['blacklist' => $list->count_by_uid_buid($mine)]);
        return false;
    }

    /** At the installation, those whom members have blocked before. */
    public function copyBlocks(Store $store): void
    {
        $blacklist = \DB::table('home_blacklist');
        $store->run("INSERT IGNORE INTO {blocks} (\"user\", blocked) SELECT uid, buid FROM $blacklist");
    }

    /** Administrators are 1 in Discuz, moderators of all forums 2, of some 3. */
    public function rank(string $id): int
    {
        $row = Members::isNumber($id) ? $this->known[$id] ?? $this->row($id) : null;
        $adminId = (int) ($row['adminid'] ?? 0);
        return $adminId >= 1 && $adminId <= 3 ? 4 - $adminId : 0;
    }

    /** Discuz's bans are for the whole forum; the chat keeps its own. */
    public function ban(Person $me, string $id, ?int $until, string $reason): bool
    {
        return false;
    }

    public function may(Person $me, string $act, ?string $target = null): ?string
    {
        return match ($act) {
            'chat' => $this->mayEnter($me),
            'xmpp' => $this->unless(!$this->isInGroup($me, 'xmpp_groups')),
            'broadcast' => $this->unless($this->rank($me->id) < 3),
            'moderate' => $this->unless($this->rank($me->id) < 2 && ($target === null || !$this->leads($me, $target))),
            default => null,
        };
    }

    private function mayEnter(Person $me): ?string
    {
        if (getglobal('setting/bbclosed') && $this->rank($me->id) < 3) {
            return Words::of('closed');
        }
        $row = $this->known[$me->id] ?? $this->row($me->id);
        if ($row === null || !Members::isMember($row) || $this->isFromBannedAddress()) {
            return Words::of('banned');
        }
        return $this->unless(!$this->isInGroup($me, 'groups'));
    }

    /** If none is chosen, all groups are. */
    private function isInGroup(Person $me, string $setting): bool
    {
        $groups = $this->options->all()[$setting];
        $row = $groups === [] ? [] : $this->known[$me->id] ?? $this->row($me->id);
        return $groups === [] || in_array((int) ($row['groupid'] ?? 0), $groups, true);
    }

    private function unless(bool $isForbidden): ?string
    {
        return $isForbidden ? Words::of('not_allowed') : null;
    }

    /** Whether a user leads a group: its leaders are of the levels 1 and 2. */
    private function leads(Person $me, string $room): bool
    {
        $sql = 'SELECT level FROM %t WHERE fid = %d AND uid = %d';
        $level = (int) \DB::result_first($sql, ['forum_groupuser', $room, $me->id]);
        return $level === 1 || $level === 2;
    }

    /** What Discuz would hold back until a moderator has seen it is refused: nobody waits for a chat. */
    public function edit(Person $me, string $body): string
    {
        $censor = \discuz_censor::instance();
        $censor->check($body);
        if ($censor->modbanned() || $censor->modmoderated()) {
            throw Refusal::forbidden(Words::of('banned_word', ['words' => implode(', ', $censor->words_found)]));
        }
        return $body;
    }

    public function logIn(string $name, string $password): ?Person
    {
        return null;
    }

    public function notices(Person $me): array
    {
        $sql = 'SELECT note, dateline FROM %t WHERE uid = %d AND new = 1 ORDER BY dateline DESC LIMIT 50';
        return array_map(function (array $row): array {
            $link = preg_match('/<a [^>]*href="([^"]+)"/i', (string) $row['note'], $found) === 1
                ? ['link' => $this->link(html_entity_decode($found[1], ENT_QUOTES, 'UTF-8'))] : [];
            $text = self::text(strip_tags((string) $row['note']));
            return ['text' => $text, ...$link, 'time' => (int) $row['dateline'] * 1000];
        }, array_values(\DB::fetch_all($sql, ['home_notification', $me->id])));
    }

    public function extras(Person $me): array
    {
        $channel = ['id' => self::CHANNEL, 'nick' => self::siteName(), 'url' => $this->link('forum.php')];
        return ['menu' => [], 'channels' => $this->options->all()['channels'] ? [$channel] : []];
    }

    public static function siteName(): string
    {
        return self::text((string) getglobal('setting/bbname'));
    }

    public function log(string $level, string $text): void
    {
        // `runlog` would add the address of the request, in which a script's message may stand.
        writelog('nextim', gmdate('Y-m-d H:i:s') . "\t$level: " . strtr($text, "\r\n", '  '));
    }

    /**
     * @param array<array-key, array<string, mixed>> $rows
     * @param ?callable(array<string, mixed>): string $group
     * @return list<Person>
     */
    private function found(array $rows, ?callable $group = null): array
    {
        $members = array_values(array_filter($rows, Members::isMember(...)));
        $shown = fn(array $row): Person => $this->person($row, $group === null ? '' : $group($row));
        return array_map($shown, $members);
    }

    /** @param array<string, mixed> $row */
    private function person(array $row, string $group, string $session = ''): Person
    {
        $id = (string) $row['uid'];
        $picture = $this->link((string) avatar((int) $id, 'middle', 1));
        $url = $this->link("home.php?mod=space&uid=$id");
        return new Person($id, $id, self::text((string) $row['username']), $url, $picture, '', $group, $session);
    }

    /** A page of the forum, from its path on. */
    private function link(string $page): string
    {
        $isWhole = preg_match('~^(https?:)?/~i', $page) === 1;
        return $isWhole ? $page : $this->options->path() . preg_replace('~^\./~', '', $page);
    }

    /** Discuz keeps texts as they stand in HTML. */
    private static function text(string $text): string
    {
        return html_entity_decode(trim($text), ENT_QUOTES, 'UTF-8');
    }
}
