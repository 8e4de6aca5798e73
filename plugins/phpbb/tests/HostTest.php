<?php

/*
 * Tests of the adapter.
 *
 * Owns: each question of the kit to the board. Must not: need a message server.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use NextIM\Site\Person;
use NextIM\Site\Request;
use NextIM\Site\Room;
use nextim\bar\core\Host;
use phpbb\world;

final class HostTest extends BoardCase
{
    private Person $alice;

    protected function setUp(): void
    {
        parent::setUp();
        $this->alice = new Person(self::ALICE, self::ALICE, 'Alice');
    }

    /** @param list<Person|Room> $found @return list<string> */
    private static function ids(array $found): array
    {
        return array_map(fn(Person|Room $one): string => $one->id, $found);
    }

    private function me(): ?Person
    {
        return $this->host->me(new Request('online'));
    }

    public function testNobodyIsLoggedInWithoutASession(): void
    {
        self::assertNull($this->me());
        $this->logIn('7');
        $this->user->data['is_registered'] = false;
        self::assertNull($this->me(), 'a search engine is no member');
    }

    public function testTheUserIsThatOfPhpbbsSession(): void
    {
        $this->logIn();
        $me = $this->me();
        self::assertSame([self::ALICE, self::ALICE, 'Alice'], [$me->id, $me->uid, $me->nick]);
        self::assertSame(self::SESSION, $me->session);
        self::assertSame('/forum/memberlist.php?mode=viewprofile&u=2', $me->url);
        self::assertSame(((int) $this->user->data['session_time'] + 3660) * 1000, $me->expires);
    }

    public function testASessionThatIsRememberedLastsLonger(): void
    {
        $this->logIn();
        $this->user->data['session_autologin'] = 1;
        $end = fn(int $seconds): int => ((int) $this->user->data['session_time'] + $seconds) * 1000;
        self::assertSame($end(31536000), $this->me()->expires, 'as long as the cookie');
        $this->config['max_autologin_time'] = 2;
        $this->db->file->exec('UPDATE phpbb_sessions SET session_autologin = 1');
        self::assertSame($end(2 * 86400), $this->me()->expires);
    }

    public function testTheSecondLookSeesWhatHasChangedSince(): void
    {
        foreach (['DELETE FROM phpbb_sessions', 'UPDATE phpbb_users SET user_type = 1'] as $change) {
            $this->setUp();
            $this->logIn();
            self::assertNotNull($this->me());
            self::assertNotNull($this->me());
            $this->db->file->exec($change);
            self::assertNull($this->me(), $change);
        }
    }

    public function testBansAreThoseOfPhpbbAndTheBarSaysSo(): void
    {
        $isBanned = fn(): bool => $this->host->may($this->me(), 'chat') === 'NEXTIM_BANNED';
        $this->logIn();
        $this->db->file->exec("INSERT INTO phpbb_banlist (ban_ip) VALUES ('10.0.0.1')");
        self::assertFalse($isBanned());
        $this->user->ip = '10.0.0.1';
        self::assertTrue($isBanned(), 'this address is banned');
        $this->user->ip = '127.0.0.1';
        $this->user->forwarded_for = '10.0.0.1 10.0.0.2';
        self::assertFalse($isBanned());
        $this->config['forwarded_for_check'] = 1;
        self::assertTrue($isBanned(), 'the board looks behind proxies');
        $this->user->forwarded_for = '';
        $this->db->file->exec('INSERT INTO phpbb_banlist (ban_userid) VALUES (2), (5)');
        self::assertTrue($isBanned(), 'at the second look, too');
        $this->logIn(self::ROOT);
        self::assertFalse($isBanned(), 'phpBB never bans founders');
    }

    public function testPeopleAreActiveMembersWhoAreNotBanned(): void
    {
        $all = ['1', '2', '3', '5', '6', '7', '99', 'x', '2a', '0', ''];
        self::assertSame(['2', '3', '5'], self::ids($this->host->people($all, ['3'])));
        self::assertCount(1, $this->db->statements, 'one query');
        $ban = fn(int $id, int $end, int $exclude = 0)
            => $this->db->file->exec("INSERT INTO phpbb_banlist (ban_userid, ban_end, ban_exclude)
                VALUES ($id, $end, $exclude)");
        $ban(3, 0);
        $ban(3, 0);
        $ban(5, 0);
        $ban(2, time() - 1);
        self::assertSame(['2', '5'], self::ids($this->host->people($all, [])), 'an old ban and a founder');
        $ban(3, 0, 1);
        self::assertSame(['2', '3', '5'], self::ids($this->host->people($all, [])), 'excluded from bans');
        self::assertSame([], $this->host->people(['x'], []));
    }

    public function testNamesAreShownAsPeopleWroteThem(): void
    {
        self::assertSame('Bob "the" O\'Neil & 😀', $this->host->people([self::BOB], [])[0]->nick);
    }

    public function testPicturesAreThoseOfPhpbb(): void
    {
        $set = fn(string $type) => $this->db->file->exec("UPDATE phpbb_users SET user_avatar = '3.png',
            user_avatar_type = '$type' WHERE user_id = 3");
        $picture = fn(): string => $this->host->people([self::BOB], [])[0]->picUrl;
        self::assertSame('', $picture());
        $set('avatar.driver.upload');
        self::assertSame('/forum/download/file.php?avatar=3.png', $picture());
        $set('avatar.driver.gravatar');
        self::assertSame('//pictures.example/3.png?s=90&d=mm', $picture());
        $set('avatar.driver.gone');
        self::assertSame('', $picture());
        $set('avatar.driver.upload');
        $this->config['allow_avatar'] = 0;
        self::assertSame('', $picture());
    }

    public function testContactsAreFriends(): void
    {
        $found = $this->host->contacts($this->alice);
        self::assertSame([self::BOB], self::ids($found), 'no foes');
        self::assertSame('friend', $found[0]->group);
        self::assertCount(1, $this->db->statements, 'one query');
        self::assertSame([], $this->host->contacts(new Person(self::ROOT, self::ROOT, 'Root')));
    }

    public function testRoomsAreGroupsOfConfirmedMembers(): void
    {
        $rooms = $this->host->rooms($this->alice);
        self::assertSame(['8'], self::ids($rooms), 'not those of phpBB, and not where she waits');
        self::assertSame(['Walkers & Co', 2], [$rooms[0]->nick, $rooms[0]->members]);
        self::assertSame('/forum/memberlist.php?mode=group&g=8', $rooms[0]->url);
        self::assertSame(['8'], self::ids($this->host->rooms($this->alice, ['8', '9', '1', 'x'])));
        self::assertSame([], $this->host->rooms($this->alice, ['9']));
        self::assertSame([], $this->host->rooms($this->alice, ['x']));
        self::assertSame(['9', '8'], self::ids($this->host->rooms(new Person(self::BOB, self::BOB, 'Bob'))));
        $this->config['nextim_rooms'] = '0';
        self::assertSame([], $this->host->rooms($this->alice));
    }

    public function testFoesAreApartEitherWay(): void
    {
        self::assertEqualsCanonicalizing([self::CAROL, self::ROOT], $this->host->apart($this->alice));
        self::assertSame([self::ALICE], $this->host->apart(new Person(self::CAROL, self::CAROL, 'Carol')));
    }

    public function testABlockIsAFoeWherePhpbbTakesOne(): void
    {
        $foes = fn(): mixed => $this->db->value('SELECT group_concat(zebra_id) FROM phpbb_zebra
            WHERE user_id = 3 AND foe = 1');
        $bob = new Person(self::BOB, self::BOB, 'Bob');
        self::assertFalse($this->host->block($bob, self::CAROL, true), 'the kit keeps it, too');
        self::assertFalse($this->host->block($bob, self::CAROL, true), 'once more');
        self::assertSame('4', (string) $foes());
        $this->host->block($bob, self::ALICE, true);
        $this->host->block($bob, self::ROOT, true);
        self::assertSame('4', (string) $foes(), 'no friends, and no administrators');
        $this->host->block($bob, self::CAROL, false);
        $this->host->block($bob, self::ALICE, false);
        self::assertNull($foes());
        self::assertSame(1, $this->db->value('SELECT friend FROM phpbb_zebra WHERE user_id = 3'), 'a friend stays one');
    }

    public function testRanks(): void
    {
        $this->auth->rights[3][] = 'm_';
        $this->auth->rights[4][] = 'a_';
        $ranks = array_map($this->host->rank(...), [self::ALICE, self::BOB, self::CAROL, self::ROOT, '99']);
        self::assertSame([0, 1, 2, 3, 0], $ranks);
    }

    public function testABanIsPhpbbs(): void
    {
        $this->logIn();
        self::assertFalse($this->host->ban($this->alice, self::BOB, null, 'why'), 'she may not');
        $this->auth->rights[2][] = 'm_ban';
        self::assertFalse($this->host->ban($this->alice, '99', null, 'why'), 'there is no such user');
        self::assertTrue($this->host->ban($this->alice, self::CAROL, null, 'why'));
        self::assertTrue($this->host->ban($this->alice, self::CAROL, (time() + 90) * 1000, 'why'));
        self::assertSame(['user', ['Carol'], 0, '', 0, 'why', 'why'], world::$bans[0], 'for good');
        self::assertSame(2, world::$bans[1][2], 'minutes');
        $bob = new Person(self::BOB, self::BOB, 'Bob');
        self::assertFalse($this->host->ban($bob, self::CAROL, null, ''), 'phpBB asks who is logged in');
    }

    public function testRights(): void
    {
        $this->logIn();
        self::assertNull($this->host->may($this->alice, 'chat'));
        self::assertNull($this->host->may($this->alice, 'write', self::BOB));
        self::assertSame('NEXTIM_MAY_NOT', $this->host->may($this->alice, 'broadcast'));
        self::assertSame('NEXTIM_MAY_NOT', $this->host->may($this->alice, 'moderate'));
        $this->auth->rights[2] = ['a_', 'm_ in a forum'];
        self::assertSame('NEXTIM_MAY_NOT', $this->host->may($this->alice, 'chat'));
        self::assertNull($this->host->may($this->alice, 'broadcast'));
        self::assertNull($this->host->may($this->alice, 'moderate'));
        $root = new Person(self::ROOT, self::ROOT, 'Root');
        self::assertNull($this->host->may($root, 'chat'), 'also of somebody who is not logged in here');
        self::assertSame('NEXTIM_MAY_NOT', $this->host->may(new Person('4', '4', 'Carol'), 'chat'));
    }

    public function testTheSecondLookSeesRightsThatWereTaken(): void
    {
        $this->logIn();
        $this->me();
        $this->auth->current = 0;
        $this->me();
        self::assertSame(2, $this->auth->current, 'the rights are read again');
    }

    public function testTheBoardsWordFilter(): void
    {
        self::assertSame('"oh", darning', $this->host->edit($this->alice, 'Darn, darning'));
    }

    public function testTheBarsOwnFormIsOff(): void
    {
        self::assertNull($this->host->logIn('alice', 'nextim'));
    }

    public function testNoticesAreThoseOfPhpbb(): void
    {
        $this->logIn();
        $notice = fn(string $url, string $reference = ''): object => new class ($url, $reference) {
            public int $notification_time = 1_700_000_000;

            public function __construct(private readonly string $url, private readonly string $reference)
            {
            }

            public function get_title(): string
            {
                return '<strong>Reply</strong> from <span>Bob &amp; Co</span>';
            }

            public function get_reference(): string
            {
                return $this->reference;
            }

            public function get_url(): string
            {
                return $this->url;
            }
        };
        $this->notices->found = [$notice('./../viewtopic.php?p=11&amp;sid=0123abc#p11', '“A walk”'),
            $notice('./../ucp.php?sid=0123abc'), $notice('/srv/forum/viewtopic.php?sid=0123abc&amp;p=1'),
            $notice('https://elsewhere.example/?a=1'), $notice('')];
        $found = $this->host->notices($this->alice);
        self::assertSame(
            ['text' => 'Reply from Bob & Co “A walk”', 'link' => '/forum/viewtopic.php?p=11#p11', 'time' => 1_700_000_000_000],
            $found[0],
        );
        self::assertSame('Reply from Bob & Co', $found[1]['text']);
        self::assertSame(
            ['/forum/ucp.php', '/forum/viewtopic.php?p=1', 'https://elsewhere.example/?a=1', ''],
            array_column(array_slice($found, 1), 'link'),
        );
        self::assertSame(['notification.method.board', ['user_id' => 2, 'limit' => 50]], $this->notices->asked);
        self::assertSame([], $this->host->notices(new Person(self::BOB, self::BOB, 'Bob')), 'those of nobody else');
    }

    public function testChannelsAreWhatTheUserWatchesAndMayRead(): void
    {
        $this->logIn();
        $this->auth->rights[2][] = 'f_read 2';
        self::assertSame([], $this->host->extras($this->alice)['channels'], 'off');
        $this->config['nextim_channels'] = '1';
        self::assertSame([
            ['id' => 'channel:forum:2', 'nick' => 'News & more', 'url' => '/forum/viewforum.php?f=2'],
            ['id' => 'channel:topic:7', 'nick' => 'A walk', 'url' => '/forum/viewtopic.php?t=7'],
        ], $this->host->extras($this->alice)['channels']);
        self::assertSame('channel:topic:7', Host::channel('topic', 7));
    }
}
