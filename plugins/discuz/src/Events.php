<?php

/*
 * What happens in the forum and concerns the chat.
 *
 * Owns: which page or hook of Discuz is which event. Must not: throw, or do more than pass it on.
 *
 * A page of Discuz tells of its success by the name of a message, so most events are known by that.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

use NextIM\Site\Tell;

final class Events
{
    private const BANNED = [4, 5, 6];
    /** In a group of the site, these levels are members; 0 waits for a leader, 5 on a form means to remove. */
    private const REMOVE = 5;

    public function __construct(private readonly Plugin $plugin)
    {
    }

    /** Before Discuz's page that logs out: it does so only if the request comes from a page of the forum. */
    public function loggingOut(): void
    {
        $isMeant = ($_GET['action'] ?? '') === 'logout' && ($_GET['formhash'] ?? '') === getglobal('formhash');
        $session = (string) getglobal('auth', 'cookie');
        if ($isMeant && $session !== '') {
            $this->plugin->setCookie(null);
            $this->tell(fn(Tell $tell) => $tell->loggedOut($session));
        }
    }

    /**
     * A changed password ends all sessions, as the cookies of Discuz depend on it. So does another security question.
     *
     * @param array<int, mixed> $shown
     */
    public function profileChanged(array $shown): void
    {
        $isDone = in_array($shown[0] ?? '', ['profile_succeed', 'profile_email_verify'], true);
        $uid = (string) getglobal('uid');
        if ($isDone && ($_GET['newpassword'] ?? '') !== '') {
            $this->tell(fn(Tell $tell) => $tell->newPassword($uid));
        } elseif ($isDone && (int) ($_GET['questionidnew'] ?? 0) > 0) {
            $this->tell(fn(Tell $tell) => $tell->loggedOutEverywhere($uid));
        }
    }

    /** @param array<int, mixed> $shown */
    public function passwordReset(array $shown): void
    {
        $uid = (string) (int) ($_GET['uid'] ?? 0);
        if (($shown[0] ?? '') === 'getpasswd_succeed' && $uid !== '0') {
            $this->tell(fn(Tell $tell) => $tell->newPassword($uid));
        }
    }

    /** The pages that end a friendship or fill the blacklist. @param array<int, mixed> $shown */
    public function friendsChanged(array $shown): void
    {
        if (($shown[0] ?? '') !== 'do_success') {
            return;
        }
        $me = (string) getglobal('uid');
        $isBlock = ($_GET['op'] ?? '') === 'blacklist';
        $isUnblock = $isBlock && ($_GET['subop'] ?? '') === 'delete';
        $other = $isBlock && !$isUnblock
            ? (int) \C::t('common_member')->fetch_uid_by_username(trim((string) ($_POST['username'] ?? '')))
            : (int) ($_GET['uid'] ?? 0);
        if ($other === 0 || (!$isBlock && ($_GET['op'] ?? '') !== 'ignore')) {
            return;
        }
        $this->tell(function (Tell $tell) use ($me, $other, $isBlock, $isUnblock): void {
            if ($isBlock) {
                $this->plugin->handler()->site->records->block($me, (string) $other, !$isUnblock);
            }
            if (!$isUnblock) {
                $tell->apart($me, (string) $other);
            }
        });
    }

    /** The pages of a group of the site. @param array<int, mixed> $shown */
    public function groupChanged(array $shown): void
    {
        $me = (string) getglobal('uid');
        match ([$_GET['action'] ?? '', $shown[0] ?? '']) {
            ['join', 'group_join_succeed'], ['join', 'group_join_apply_succeed'] => $this->membersChanged([$me]),
            ['out', 'group_exit_succeed'] => $this->membersChanged([$me]),
            ['manage', 'group_moderate_succeed'] => $this->membersChanged(
                isset($_GET['uid']) ? [(string) (int) $_GET['uid']] : $this->waiting(),
            ),
            ['manage', 'group_setup_succeed'] => (int) ($_GET['targetlevel'] ?? 0) === self::REMOVE
                ? $this->membersChanged(array_map(strval(...), array_keys((array) ($_GET['muid'] ?? []))))
                : null,
            default => null,
        };
    }

    /** All who waited were let in: those are the newest members. @return list<string> */
    private function waiting(): array
    {
        $sql = 'SELECT uid FROM %t WHERE fid = %d AND level = 4 ORDER BY joindateline DESC LIMIT 50';
        $rows = \DB::fetch_all($sql, ['forum_groupuser', (int) getglobal('fid')]);
        return array_map(strval(...), array_column($rows, 'uid'));
    }

    /** Tells who is in and who is not, as the table says. @param list<string> $uids */
    private function membersChanged(array $uids): void
    {
        $room = (string) (int) getglobal('fid');
        $this->tell(function (Tell $tell) use ($uids, $room): void {
            $sql = 'SELECT uid FROM %t WHERE fid = %d AND uid IN (%n) AND level > 0';
            $rows = \DB::fetch_all($sql, ['forum_groupuser', $room, $uids]);
            $members = array_map(strval(...), array_column($rows, 'uid'));
            foreach ($this->plugin->host->people($uids, []) as $person) {
                in_array($person->id, $members, true)
                    ? $tell->entered($person->id, $room, $person->nick)
                    : $tell->left($person->id, $room, $person->nick);
            }
        });
    }

    /** A new thread that guests may read is news. @param array<int, mixed> $shown */
    public function posted(array $shown): void
    {
        $forum = (array) getglobal('forum');
        $tid = (int) ($shown[2]['tid'] ?? 0);
        $isNew = ($shown[0] ?? '') === 'post_newthread_succeed' && $tid > 0 && empty($_GET['cronpublish']);
        $isOpen = self::isOpen((string) ($forum['viewperm'] ?? '')) && ($forum['password'] ?? '') === ''
            && ($forum['formulaperm'] ?? '') === '' && (int) ($forum['status'] ?? 0) === 1
            && (int) ($_GET['readperm'] ?? 0) === 0;
        if ($isNew && $isOpen && $this->plugin->options->all()['channels']) {
            $title = trim((string) ($_GET['subject'] ?? ''));
            $link = $this->plugin->options->path() . "forum.php?mod=viewthread&tid=$tid";
            $this->tell(fn(Tell $tell) => $tell->posted(Host::CHANNEL, Host::siteName(), $title, $link));
        }
    }

    /** Whether guests, who are the group 7, may read. */
    private static function isOpen(string $groups): bool
    {
        return trim($groups) === '' || in_array('7', explode("\t", $groups), true);
    }

    /** @param array<int, mixed> $logged the name, the group before, the group now, … */
    public function banLogged(array $logged): void
    {
        if (in_array((int) ($logged[2] ?? 0), self::BANNED, true)) {
            $uid = (int) \C::t('common_member')->fetch_uid_by_username((string) ($logged[0] ?? ''));
            $this->tell(fn(Tell $tell) => $uid > 0 ? $tell->banned((string) $uid) : null);
        }
    }

    /** @param array<string, mixed> $hook */
    public function membersDeleted(array $hook): void
    {
        if (($hook['step'] ?? '') !== 'delete') {
            return;
        }
        $uids = array_map(fn(mixed $uid): string => (string) (int) $uid, (array) ($hook['param'][0] ?? []));
        $this->tell(function (Tell $tell) use ($uids): void {
            foreach ($uids as $uid) {
                $tell->erased($uid);
            }
            (new Housekeeping($this->plugin))->erase(array_values($uids));
        });
    }

    /** @param callable(Tell): mixed $what */
    private function tell(callable $what): void
    {
        Page::afterwards(function () use ($what): void {
            try {
                $what($this->plugin->tell());
            } catch (\Throwable $error) {
                $this->plugin->host->log('warning', 'an event was not passed on: ' . $error::class);
            }
        });
    }
}
