<?php

declare(strict_types=1);

namespace NextIM\Discuz\Tests;

use DB;
use NextIM\Discuz\Housekeeping;

/** What Discuz's cron does for the chat. */
final class HousekeepingTest extends ForumCase
{
    private static function cron(): void
    {
        require getenv('PLUGIN_ROOT') . '/cron/cron_nextim.php';
    }

    public function testOldMessagesGo(): void
    {
        $this->ask('alice', 'message', ['to' => '3', 'body' => 'old', 'type' => 'unicast']);
        $this->ask('alice', 'message', ['to' => '3', 'body' => 'new', 'type' => 'unicast']);
        $bodies = fn(): array => array_column($this->rows('SELECT body FROM {messages} ORDER BY id'), 'body');
        DB::query("UPDATE pre_nextim_messages SET time = 1000 WHERE body = 'old'");
        self::cron();
        self::assertSame(['old', 'new'], $bodies(), 'no days are set');
        $this->set(['days' => '30']);
        self::cron();
        self::assertSame(['new'], $bodies());
    }

    public function testWhoIsBannedInTheControlPanelGoesOffline(): void
    {
        $this->ask('alice', 'online');
        $this->ask('bob', 'online');
        $this->im->calls = [];
        self::cron();
        self::assertSame([], $this->im->calls);
        self::member(2, 'groupid = 5');
        self::cron();
        self::cron();
        self::assertSame([['/presences/offline', '2']], array_map(
            fn(array $call): array => [$call[0], $call[1]['name']],
            $this->im->calls
        ));
    }

    public function testWhatIsLeftOfAMemberGoesLater(): void
    {
        for ($number = 0; $number < 3; $number++) {
            $this->ask('alice', 'message', ['to' => '3', 'body' => "m$number", 'type' => 'unicast']);
        }
        DB::query('REPLACE INTO %t VALUES (%s, %s)', ['common_setting', Housekeeping::LEFT, '["2"]']);
        self::cron();
        self::assertSame(['', '', ''], array_column($this->rows('SELECT body FROM {messages}'), 'body'));
        self::assertSame('[]', \C::t('common_setting')->fetch_setting(Housekeeping::LEFT));
    }

    public function testAFailureIsLoggedAndNotShown(): void
    {
        self::link()->query('RENAME TABLE pre_nextim_tickets TO pre_hidden');
        self::cron();
        self::link()->query('RENAME TABLE pre_hidden TO pre_nextim_tickets');
        self::assertStringContainsString('error: cron: ', implode($GLOBALS['_G']['test']['log']));
    }

    public function testDiscuzReadsWhenToRunIt(): void
    {
        $text = (string) file_get_contents(getenv('PLUGIN_ROOT') . '/cron/cron_nextim.php');
        self::assertSame(1, preg_match("/cronname\:(.+?)\n/", $text, $name));
        self::assertSame('NextIM chat', lang('plugin/nextim', trim($name[1])));
        self::assertSame(1, preg_match("/minute\:(.+?)\n/", $text, $minutes));
        self::assertLessThanOrEqual(12, count(explode(',', $minutes[1])));
    }
}
