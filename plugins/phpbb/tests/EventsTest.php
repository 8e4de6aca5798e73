<?php

/*
 * Tests of the events of the board.
 *
 * Owns: what each of phpBB's events makes of the chat. Must not: test how it is passed on; the kit's tests do.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use NextIM\Site\Tickets;
use nextim\bar\event\Events;

final class EventsTest extends BoardCase
{
    private Events $events;

    protected function setUp(): void
    {
        parent::setUp();
        $this->events = new Events($this->plugin, $this->board, $this->user, $this->db);
        $this->logIn();
    }

    /** An event as phpBB's dispatcher calls it. @param array<string, mixed> $values */
    private function happens(string $name, array $values): void
    {
        $function = Events::getSubscribedEvents()["core.$name"];
        $this->events->$function($this->event($values));
    }

    /** A page of a user that came online by this session. */
    private function online(string $user, string $session): void
    {
        $sealed = Tickets::seal($session, "ticket of $session");
        $this->db->file->exec("INSERT INTO phpbb_nextim_tickets VALUES ('" . Tickets::hash("ticket of $session")
            . "', '$user', '" . Tickets::hash($session) . "', '$sealed', 1)");
    }

    /** @return list<string> */
    private function ended(): array
    {
        return array_map(fn(array $call): string => $call['ticket'] ?? $call['name'], $this->im->of('/presences/offline'));
    }

    public function testEachEventHasAFunction(): void
    {
        foreach (Events::getSubscribedEvents() as $function) {
            self::assertTrue(is_callable([$this->events, $function]), $function);
        }
    }

    public function testALogOutEndsThePagesOfThatSession(): void
    {
        $this->online(self::ALICE, self::SESSION);
        $this->online(self::ALICE, 'another-session');
        $this->happens('session_kill_after', ['user_id' => 2, 'session_id' => self::SESSION, 'new_session' => true]);
        self::assertSame(['ticket of ' . self::SESSION], $this->ended());
    }

    public function testTheEndOfAGuestsSessionIsNone(): void
    {
        $this->happens('session_kill_after', ['user_id' => ANONYMOUS, 'session_id' => self::SESSION]);
        self::assertSame([], $this->db->statements);
    }

    public function testASessionThatTakesThePlaceOfAnotherEndsItsPages(): void
    {
        $this->online(self::ALICE, self::SESSION);
        $this->request->cookies['phpbb_sid'] = self::SESSION;
        $row = fn(int $user, string $id): array
            => ['session_data' => ['session_user_id' => $user, 'session_id' => $id]];
        $this->happens('session_create_after', $row(ANONYMOUS, 'new'));
        $this->happens('session_create_after', $row(2, self::SESSION));
        self::assertSame([], $this->ended());
        $this->happens('session_create_after', $row(2, 'new'));
        self::assertSame(['ticket of ' . self::SESSION], $this->ended());
    }

    public function testANewPasswordEndsAllPages(): void
    {
        $log = ['mode' => 'user', 'sql_ary' => ['reportee_id' => 3], 'log_operation' => 'LOG_USER_NEW_PASSWORD'];
        $this->happens('add_log', ['log_operation' => 'LOG_USER_UPDATE_EMAIL'] + $log);
        $this->happens('add_log', ['mode' => 'admin', 'sql_ary' => []] + $log);
        self::assertSame([], $this->ended());
        $this->happens('add_log', $log);
        self::assertSame([self::BOB], $this->ended());
    }

    public function testAUserWhoIsDeactivatedGoesOffline(): void
    {
        $this->happens('user_active_flip_after', ['sql_statements' => [3 => ['user_type' => USER_INACTIVE],
            4 => ['user_type' => USER_NORMAL]]]);
        self::assertSame([self::BOB], $this->ended());
    }

    public function testADeletedUserIsErased(): void
    {
        $this->db->file->exec("INSERT INTO phpbb_nextim_messages (type, \"from\", \"to\", nick, body, time)
            VALUES ('unicast', '3', '2', 'Bob', 'hello', 1), ('unicast', '2', '3', 'Alice', 'hi', 2)");
        $this->happens('delete_user_after', ['mode' => 'retain', 'user_ids' => [3], 'retain_username' => true]);
        self::assertSame([self::BOB], $this->ended());
        self::assertSame('|hi', $this->db->value('SELECT group_concat(body, \'|\') FROM phpbb_nextim_messages'));
        self::assertSame([], $this->plugin->erasures());
    }

    public function testWhatCannotBeErasedAtOnceIsKeptForTheTask(): void
    {
        $rows = implode(', ', array_fill(0, 1000, "('unicast', '3', '2', 'Bob', 'hello', 1)"));
        $this->db->file->exec("INSERT INTO phpbb_nextim_messages (type, \"from\", \"to\", nick, body, time) VALUES $rows");
        $this->happens('delete_user_after', ['user_ids' => ['3']]);
        self::assertSame([self::BOB], $this->plugin->erasures());
    }

    public function testABannedUserGoesOffline(): void
    {
        $ban = ['ban_exclude' => 0, 'mode' => 'user', 'ban' => "BOB\nnobody\n"];
        $this->happens('acp_ban_after', ['ban_exclude' => 1] + $ban);
        $this->happens('acp_ban_after', ['mode' => 'ip', 'ban' => '127.0.0.1'] + $ban);
        $this->happens('acp_ban_after', ['ban' => ''] + $ban);
        self::assertSame([], $this->ended());
        $this->happens('acp_ban_after', $ban);
        $this->happens('mcp_ban_after', ['ban' => ['Carol']] + $ban);
        self::assertSame([self::BOB, self::CAROL], $this->ended());
    }

    public function testABanOfAnAddressOfMail(): void
    {
        $this->happens('mcp_ban_after', ['ban_exclude' => 0, 'mode' => 'email', 'ban' => "*@example.com\nx@y"]);
        self::assertSame([self::BOB], $this->ended());
    }

    public function testABanByAToolIsPassedOnOnce(): void
    {
        $this->happens('add_log', ['mode' => 'user', 'sql_ary' => ['reportee_id' => 3], 'log_operation' => 'LOG_BAN_USER']);
        $this->happens('acp_ban_after', ['ban_exclude' => 0, 'mode' => 'user', 'ban' => 'bob']);
        self::assertSame([self::BOB], $this->ended());
    }

    public function testAFoeIsABlock(): void
    {
        $row = ['user_id' => 2, 'zebra_id' => 3];
        $this->happens('ucp_add_zebra', ['mode' => 'friends', 'sql_ary' => [['friend' => 1] + $row]]);
        self::assertSame([], $this->im->calls, 'a friend is none');
        $this->happens('ucp_add_zebra', ['mode' => 'foes', 'sql_ary' => [['foe' => 1] + $row]]);
        self::assertSame(['name' => '2', 'buddies' => '3'], array_intersect_key(
            $this->im->of('/buddies/remove')[0],
            ['name' => 0, 'buddies' => 0],
        ));
        $blocks = 'SELECT group_concat("user" || \' \' || blocked) FROM phpbb_nextim_blocks';
        self::assertSame('2 3', $this->db->value($blocks));
        $this->happens('ucp_remove_zebra', ['mode' => 'foes', 'user_ids' => ['3']]);
        self::assertNull($this->db->value($blocks));
        self::assertCount(1, $this->im->calls);
    }

    public function testTheEndOfAFriendshipUnlinksTheTwo(): void
    {
        $this->happens('ucp_remove_zebra', ['mode' => 'friends', 'user_ids' => [3, 4]]);
        self::assertSame(['3', '4'], array_column($this->im->of('/buddies/remove'), 'buddies'));
    }

    public function testNewMembersEnterTheRoom(): void
    {
        $add = ['group_id' => 8, 'user_id_ary' => [3], 'pending' => 0];
        $this->happens('group_add_user_after', ['pending' => 1] + $add);
        $this->happens('group_add_user_after', ['group_id' => 1] + $add);
        $this->happens('user_set_group_attributes', ['action' => 'default'] + $add);
        self::assertSame([], $this->im->calls, 'not who waits, and not into groups of phpBB itself');
        $this->happens('group_add_user_after', $add);
        $this->happens('user_set_group_attributes', ['action' => 'approve', 'user_id_ary' => [2]] + $add);
        self::assertSame([['3', 'Bob "the" O\'Neil & 😀', '8'], ['2', 'Alice', '8']], array_map(
            fn(array $call): array => [$call['name'], $call['nick'], $call['room']],
            $this->im->of('/room/join'),
        ));
    }

    public function testFormerMembersLeaveTheRoom(): void
    {
        $this->happens('group_delete_user_after', ['group_id' => 1, 'user_id_ary' => [3]]);
        self::assertSame([], $this->im->calls);
        $this->happens('group_delete_user_after', ['group_id' => 8, 'user_id_ary' => ['3', '99']]);
        self::assertSame(['3', '99'], array_column($this->im->of('/room/leave'), 'name'));
    }

    public function testWithoutRoomsNobodyEntersOne(): void
    {
        $this->config['nextim_rooms'] = '0';
        $this->happens('group_add_user_after', ['group_id' => 8, 'user_id_ary' => [3], 'pending' => 0]);
        self::assertSame([], $this->im->calls);
    }

    public function testADeletedGroupIsEmptied(): void
    {
        $this->happens('delete_group_after', ['group_id' => 8, 'group_name' => 'x']);
        self::assertSame(['8'], array_column($this->im->of('/room/leave'), 'room'));
    }

    public function testNewPostsAreNews(): void
    {
        $data = ['forum_id' => 2, 'topic_id' => 7, 'post_id' => 11, 'forum_name' => 'News &amp; more', 'topic_title' => 'A walk'];
        $post = ['mode' => 'post', 'subject' => 'Sunday &lt;3', 'post_visibility' => ITEM_APPROVED, 'data' => $data];
        $this->happens('submit_post_end', $post);
        self::assertSame([], $this->im->calls, 'news are off');
        $this->config['nextim_channels'] = '1';
        $this->happens('submit_post_end', ['mode' => 'edit'] + $post);
        $this->happens('submit_post_end', ['post_visibility' => ITEM_UNAPPROVED] + $post);
        self::assertSame([], $this->im->calls, 'not what was edited, and not what nobody sees yet');
        $this->happens('submit_post_end', $post);
        $this->happens('submit_post_end', ['mode' => 'reply'] + $post);
        $sent = array_map(fn(array $call): array => [$call['to'], $call['nick']], $this->im->of('/messages'));
        self::assertSame([['channel:forum:2', 'News & more'], ['channel:topic:7', 'A walk']], $sent);
        self::assertSame("Sunday <3\nhttps://forum.example/forum/viewtopic.php?p=11#p11", $this->im->of('/messages')[0]['body']);
    }

    public function testEventsDoNotFailWithTheMessageServerOrTheTables(): void
    {
        $this->im->status = 0;
        $this->happens('ucp_remove_zebra', ['mode' => 'friends', 'user_ids' => [3]]);
        $this->db->file->exec('DROP TABLE phpbb_nextim_blocks; DROP TABLE phpbb_nextim_tickets');
        $this->happens('ucp_remove_zebra', ['mode' => 'foes', 'user_ids' => [3]]);
        $this->happens('session_kill_after', ['user_id' => 2, 'session_id' => self::SESSION]);
        $this->happens('delete_user_after', ['user_ids' => [3]]);
        self::assertSame([], $this->plugin->erasures());
    }
}
