<?php

declare(strict_types=1);

namespace NextIM\Discuz\Tests;

use DB;
use NextIM\Discuz\Kit\Refusal;
use NextIM\Discuz\Words;

/** The members of a forum, as the kit asks for them. */
final class HostTest extends ForumCase
{
    public function testTheSessionOfDiscuzSaysWhoItIs(): void
    {
        $this->logIn('alice');
        $me = $this->me();
        self::assertSame(['2', '2', 'alice'], [$me->id, $me->uid, $me->nick]);
        self::assertSame('/bbs/home.php?mod=space&uid=2', $me->url);
        self::assertSame('https://uc.example/2/middle.jpg', $me->picUrl);
        self::assertSame([self::auth('alice'), null], [$me->session, $me->expires]);
        self::assertSame('/bbs/uc_server/avatar.php?uid=4&size=middle', $this->person('carol')->picUrl);
    }

    /** @return list<array{string}> */
    public static function wrongSessions(): array
    {
        return [[''], ['nonsense'], [self::auth('alice', '')], [self::auth('alice', md5('x'))], [authcode('x', 'ENCODE')],
            [authcode(md5('alice') . "\t2 OR 1=1", 'ENCODE')], [authcode("\t2", 'ENCODE')], [authcode("\t99", 'ENCODE')]];
    }

    /** @dataProvider wrongSessions */
    public function testNothingElseLogsIn(string $session): void
    {
        global $_G;
        $_G['uid'] = 2;
        $_G['cookie']['auth'] = $session;
        self::assertNull($this->me());
    }

    /** @return list<array{string, bool}> */
    public static function states(): array
    {
        $past = TIMESTAMP - 60;
        $future = TIMESTAMP + 60;
        return [['groupid = 4', false], ['groupid = 5', false], ['groupid = 6', false], ['groupid = 8', false],
            ['status = -1', false], ['freeze = 1', false], ["groupid = 4, groupexpiry = $future", false],
            ["groupid = 4, groupexpiry = $past", true], ['groupid = 11', true]];
    }

    /** @dataProvider states */
    public function testWhoIsBannedOrNotVerifiedIsToldSoAndNobodyToOthers(string $set, bool $isThere): void
    {
        $this->logIn('alice');
        self::assertNull($this->plugin->host->may($this->me(), 'chat'));
        self::member(2, $set);
        $this->logIn('alice');
        self::assertSame($isThere ? null : Words::of('banned'), $this->plugin->host->may($this->me(), 'chat'));
        self::assertSame($isThere ? ['2'] : [], self::ids($this->plugin->host->people(['2'], [])));
        $contacts = self::ids($this->plugin->host->contacts($this->person('bob')));
        self::assertSame($isThere ? ['2'] : [], $contacts);
    }

    public function testTheSecondLookSeesWhatHasChanged(): void
    {
        $this->logIn('alice');
        self::assertNotNull($this->me());
        self::member(2, "password = 'changed'");
        self::assertNull($this->me());
        self::assertTrue(DB::object()->slaveexcept, 'a replica may be late');
    }

    public function testABannedAddressIsTold(): void
    {
        global $_G;
        $_G['clientip'] = '192.0.2.66';
        self::assertSame(Words::of('banned'), $this->plugin->host->may($this->person('alice'), 'chat'));
        $answer = $this->ask('alice', 'online');
        self::assertSame(['Forbidden', Words::of('banned'), 403], [$answer['error_msg'], $answer['error'], $answer['status']]);
        self::assertNotSame('', $answer['error']);
    }

    public function testPeopleAreFoundByTheirNumbers(): void
    {
        $people = $this->plugin->host->people(['2', '6', '2 ', '02', 'bob', "3' OR '1", '99', '4294967298'], ['3', '2']);
        self::assertSame(['2', '3'], self::ids($people));
        self::assertSame([], $this->plugin->host->people(['alice'], []));
        self::assertSame([], $this->plugin->host->people([], []));
    }

    public function testNamesAreShownAsTheyAre(): void
    {
        DB::query('UPDATE %t SET username = %s WHERE uid = 3', ['common_member', 'O&#039;N "b" %d']);
        self::assertSame('O\'N "b" %d', $this->plugin->host->people(['3'], [])[0]->nick);
    }

    public function testContactsAreFriendsInTheirGroups(): void
    {
        $alice = $this->person('alice');
        $groups = fn(): array => array_map(fn($one): array => [$one->id, $one->group], $this->plugin->host->contacts($alice));
        self::assertSame([['3', 'friend'], ['4', 'friend']], $groups());
        DB::query('UPDATE %t SET gid = fuid - 2 WHERE uid = 2', ['home_friend']);
        self::assertSame([['3', 'friend_group_1 of Discuz'], ['4', 'friend_group_2 of Discuz']], $groups());
        $privacy = serialize(['groupname' => [2 => 'Walkers & co']]);
        DB::query('INSERT INTO %t VALUES (2, %s)', ['common_member_field_home', $privacy]);
        $this->begin();
        self::assertSame([['3', 'friend_group_1 of Discuz'], ['4', 'Walkers & co']], $groups());
    }

    public function testOnlyGroupsThatMayChatAreAmongPeople(): void
    {
        $this->set(['groups' => ['11', '1']]);
        self::member(3, 'groupid = 11');
        self::assertSame(['1', '3'], self::ids($this->plugin->host->people(['1', '2', '3'], [])));
        $alice = $this->person('alice');
        self::assertSame(['3'], self::ids($this->plugin->host->contacts($alice)));
        self::assertSame('You may not do this.', $this->plugin->host->may($alice, 'chat'));
        self::assertNull($this->plugin->host->may($this->person('bob'), 'chat'));
        self::assertSame(403, $this->call('alice', 'buddies')->status);
    }

    public function testRoomsAreTheGroupsOfConfirmedMembers(): void
    {
        $host = $this->plugin->host;
        [$alice, $bob] = [$this->person('alice'), $this->person('bob')];
        DB::query("UPDATE %t SET icon = 'a.jpg' WHERE fid = 50", ['forum_forumfield']);
        self::assertSame(['50'], self::ids($host->rooms($alice)), 'a forum is no group');
        self::assertSame(['50', '51'], self::ids($host->rooms($bob)));
        self::assertSame([], $host->rooms($this->person('dave')), 'dave waits to be let in');
        self::assertSame([], $host->rooms($alice, ['51', '60', "50' OR '1", 'x']));
        self::assertSame([], $host->rooms($alice, []));
        $room = $host->rooms($alice, ['50', '51'])[0];
        self::assertSame(['Walkers', 2, '/bbs/forum.php?mod=group&fid=50', '/bbs/data/attachment/group/a.jpg'], [
            $room->nick, $room->members, $room->url, $room->picUrl]);
        $this->set(['rooms' => '0']);
        self::assertSame([], $this->plugin->host->rooms($alice));
    }

    public function testTheBlacklistKeepsApartEitherWay(): void
    {
        DB::query('INSERT INTO %t (uid, buid) VALUES (2, 5), (4, 2), (3, 4)', ['home_blacklist']);
        $apart = $this->plugin->host->apart($this->person('alice'));
        sort($apart);
        self::assertSame(['4', '5'], $apart);
        self::assertSame(403, $this->call('alice', 'message', ['to' => '4', 'body' => 'x', 'type' => 'unicast'])->status);
        self::assertSame(403, $this->call('dave', 'message', ['to' => '2', 'body' => 'x', 'type' => 'unicast'])->status);
    }

    public function testABlockInTheBarStandsInTheBlacklist(): void
    {
        $count = fn(): mixed => DB::result_first('SELECT blacklist FROM %t WHERE uid = 2', ['common_member_count']);
        $this->ask('alice', 'block', ['id' => '3']);
        $this->ask('alice', 'block', ['id' => '3']);
        self::assertSame(['2', '3'], array_values(DB::fetch_first('SELECT uid, buid FROM %t', ['home_blacklist'])));
        self::assertSame('1', (string) $count());
        self::assertTrue($this->ask('alice', 'buddies', ['ids' => '3'])[0]['blocked']);
        $this->ask('alice', 'unblock', ['id' => '3']);
        self::assertSame([], DB::fetch_all('SELECT * FROM %t', ['home_blacklist']));
        self::assertSame('0', (string) $count());
        self::assertSame([], $this->rows('SELECT * FROM {blocks}'));
    }

    public function testRanksAreThoseOfDiscuz(): void
    {
        self::member(3, 'adminid = 2');
        self::member(4, 'adminid = 3');
        self::member(5, 'adminid = -1');
        self::assertSame([3, 0, 2, 1, 0, 0], array_map($this->plugin->host->rank(...), ['1', '2', '3', '4', '5', 'x']));
    }

    public function testWhoMayDoWhat(): void
    {
        $host = $this->plugin->host;
        self::member(4, 'adminid = 2');
        [$admin, $alice, $bob, $carol] = array_map($this->person(...), ['admin', 'alice', 'bob', 'carol']);
        self::assertNull($host->may($admin, 'broadcast'));
        self::assertNotNull($host->may($carol, 'broadcast'));
        self::assertNull($host->may($carol, 'moderate'));
        self::assertNotNull($host->may($alice, 'moderate'));
        self::assertNull($host->may($bob, 'moderate', '51'), 'bob leads that group');
        self::assertNotNull($host->may($bob, 'moderate', '50'));
        foreach (['write', 'edit', 'delete', 'react', 'upload', 'search', 'report'] as $act) {
            self::assertNull($host->may($alice, $act), $act);
        }
        self::assertFalse($host->ban($admin, '2', null, ''));
        self::assertNull($host->logIn('alice', 'alice'));
    }

    public function testAClosedForumIsOpenForItsAdministrators(): void
    {
        global $_G;
        $_G['setting']['bbclosed'] = '1';
        self::assertSame('The forum is closed at the moment.', $this->plugin->host->may($this->person('alice'), 'chat'));
        self::assertNull($this->plugin->host->may($this->person('admin'), 'chat'));
    }

    public function testTheForumsWordsAreFiltered(): void
    {
        $alice = $this->person('alice');
        self::assertSame('oh ***', $this->plugin->host->edit($alice, 'oh darn'));
        foreach (['forbidden', 'doubtful'] as $word) {
            try {
                $this->plugin->host->edit($alice, "a $word thing");
                self::fail($word);
            } catch (Refusal $refusal) {
                self::assertSame([403, "This forum does not allow: $word"], [$refusal->status, $refusal->getMessage()]);
            }
        }
        self::assertSame('fine', $this->plugin->host->edit($alice, 'fine'), 'the filter has no memory');
    }

    public function testNoticesAreTheUnreadOnesOfDiscuz(): void
    {
        $add = fn(int $uid, int $new, string $note, int $time): mixed => DB::query('INSERT INTO %t (uid, new, note, dateline)'
            . ' VALUES (%d, %d, %s, %d)', ['home_notification', $uid, $new, $note, $time]);
        $add(2, 1, '<a href="home.php?mod=space&amp;uid=3">bob</a> greets you &amp; yours', 100);
        $add(2, 0, 'read', 101);
        $add(3, 1, 'not hers', 102);
        $add(2, 1, 'later', 103);
        self::assertSame([
            ['text' => 'later', 'time' => 103000],
            ['text' => 'bob greets you & yours', 'link' => '/bbs/home.php?mod=space&uid=3', 'time' => 100000],
        ], $this->plugin->host->notices($this->person('alice')));
    }

    public function testNewsAreAChannelIfTheForumWantsIt(): void
    {
        $alice = $this->person('alice');
        self::assertSame(['menu' => [], 'channels' => [['id' => 'channel:threads', 'nick' => 'The Forum',
            'url' => '/bbs/forum.php']]], $this->plugin->host->extras($alice));
        $this->set(['channels' => '0']);
        self::assertSame([], $this->plugin->host->extras($alice)['channels']);
    }

    public function testTheLogHasOneLineForEachEntry(): void
    {
        global $_G;
        $this->plugin->host->log('warning', "one\nline");
        self::assertCount(1, $_G['test']['log']);
        self::assertStringEndsWith("\twarning: one line", $_G['test']['log'][0]);
    }
}
