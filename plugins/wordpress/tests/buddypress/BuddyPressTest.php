<?php

/*
 * A site with BuddyPress, of which there is a stand-in.
 *
 * Owns: friends, groups and their events. Must not: test BuddyPress.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class BuddyPressTest extends SiteCase
{
    protected function tearDown(): void
    {
        delete_option('world_inactive');
        parent::tearDown();
    }

    public function testFriendsAreContacts(): void
    {
        // BuddyPress answers from `init` on, and so do the endpoints.
        $answer = Visitor::as('alice')->call('online')->json();
        self::assertSame([['3', 'Bob "the" O\'Neil', 'friend'], ['4', 'Carol', 'friend']], array_map(
            fn(array $one): array => [$one['id'], $one['nick'], $one['group']],
            $answer['buddies'],
        ));
        self::assertSame(getenv('WORLD_URL') . '/members/3/', $answer['buddies'][0]['url']);
        self::assertSame([], Visitor::as('dave')->call('online')->json()['buddies']);
    }

    public function testWithoutFriendsAllMembersAreContacts(): void
    {
        update_option('world_inactive', ['friends']);
        self::assertContains('5', array_column(Visitor::as('alice')->call('online')->json()['buddies'], 'id'));
    }

    public function testGroupsAreRooms(): void
    {
        $rooms = Visitor::as('bob')->call('online')->json()['rooms'];
        self::assertSame(['1' => 'Walkers', '2' => 'Secret'], array_column($rooms, 'nick', 'id'));
        self::assertSame(getenv('WORLD_URL') . '/?bp_groups=1&bp_group=1', $rooms['1']['url']);
        $alice = Visitor::as('alice');
        self::assertSame(['1'], array_column($alice->call('online')->json()['rooms'], 'id'));
        self::assertSame([], $alice->call('rooms', ['ids' => '2'])->json());
        self::assertSame(404, $alice->call('members', ['id' => '2'])->status);
        self::assertSame(404, $alice->call('message', ['type' => 'multicast', 'to' => '2', 'body' => 'x'])->status);
    }

    public function testRoomsCanBeOff(): void
    {
        $this->set(['rooms' => false]);
        self::assertSame([], (array) Visitor::as('bob')->call('online')->json()['rooms']);
        $this->set(['rooms' => true]);
        update_option('world_inactive', ['groups']);
        self::assertSame([], (array) Visitor::as('bob')->call('online')->json()['rooms']);
    }

    public function testASpammerIsNoMember(): void
    {
        global $wpdb;
        $wpdb->update($wpdb->users, ['user_status' => 1], ['ID' => self::BOB]);
        try {
            self::assertSame('Forbidden', Visitor::as('bob')->call('online')->json()['error_msg']);
            self::assertSame(['4'], array_column(Visitor::as('alice')->call('online')->json()['buddies'], 'id'));
        } finally {
            $wpdb->update($wpdb->users, ['user_status' => 0], ['ID' => self::BOB]);
        }
    }

    public function testBlocksAreKeptByThePlugin(): void
    {
        global $wpdb;
        $alice = Visitor::as('alice');
        self::assertSame(200, $alice->call('block', ['id' => '3'])->status);
        self::assertSame(403, Visitor::as('bob')->call('message', ['to' => '2', 'body' => 'x'])->status);
        self::assertContains('3', $wpdb->get_col("SELECT blocked FROM {$wpdb->prefix}nextim_blocks WHERE user = '2'"));
        self::assertSame(200, $alice->call('unblock', ['id' => '3'])->status);
        self::assertSame(200, Visitor::as('bob')->call('message', ['to' => '2', 'body' => 'x'])->status);
    }

    public function testTheEndOfAFriendshipIsTold(): void
    {
        do_action('friends_friendship_post_delete', self::ALICE, self::BOB);
        self::assertSame([['2', '3']], array_map(
            fn(array $call): array => [$call['name'], $call['buddies']],
            $this->told('/buddies/remove'),
        ));
    }

    /**
     * @dataProvider events
     * @param list<mixed> $arguments
     */
    public function testGroupsAreTold(string $hook, array $arguments, string $path): void
    {
        do_action($hook, ...$arguments);
        $told = $this->told($path);
        self::assertSame([['2', '1']], array_map(fn(array $call): array => [$call['name'], $call['room']], $told));
        self::assertSame([], $this->told($path === '/room/join' ? '/room/leave' : '/room/join'));
    }

    /** @return array<string, array{string, list<mixed>, string}> */
    public static function events(): array
    {
        $member = fn(int $isBanned): object => (object) ['user_id' => 2, 'group_id' => 1, 'is_banned' => $isBanned];
        return [
            'join' => ['groups_join_group', [1, 2], '/room/join'],
            'an invitation' => ['groups_accept_invite', [2, 1, 3], '/room/join'],
            'a request' => ['groups_membership_accepted', [2, 1, true], '/room/join'],
            'no ban any more' => ['group_member_unbanned', [2, 1], '/room/join'],
            'leave' => ['groups_leave_group', [1, 2], '/room/leave'],
            'remove' => ['groups_member_after_remove', [$member(0)], '/room/leave'],
            'ban' => ['groups_member_after_save', [$member(1)], '/room/leave'],
        ];
    }

    public function testAPromotionIsNoEvent(): void
    {
        do_action('groups_member_after_save', (object) ['user_id' => 2, 'group_id' => 1, 'is_banned' => 0]);
        self::assertSame([], [...$this->told('/room/join'), ...$this->told('/room/leave')]);
    }

    public function testADeletedGroupIsLeftByAll(): void
    {
        do_action('groups_delete_group', 1);
        self::assertSame([['3', '1']], array_map(
            fn(array $call): array => [$call['name'], $call['room']],
            $this->told('/room/leave'),
        ));
    }
}
