<?php

/*
 * What the tests share: a forum with members, friends and groups.
 *
 * Owns: the tables of Discuz and of the chat, made new for each test. Must not: test anything.
 *
 * alice (2), bob (3), carol (4) and dave (5) are members, admin (1) is an administrator, erin (6) is banned. alice and
 * bob are friends, alice and carol too. alice and bob are in the group Walkers (50), dave waits to be let in.
 */

declare(strict_types=1);

namespace NextIM\Discuz\Tests;

use DB;
use NextIM\Discuz\Kit\Migrations;
use NextIM\Discuz\Kit\Person;
use NextIM\Discuz\Kit\Request;
use NextIM\Discuz\Kit\Response;
use NextIM\Discuz\Kit\Store;
use NextIM\Discuz\Page;
use NextIM\Discuz\Plugin;
use PHPUnit\Framework\TestCase;

abstract class ForumCase extends TestCase
{
    protected const ORIGIN = 'https://forum.example';
    private const USERS = [1 => 'admin', 'alice', 'bob', 'carol', 'dave', 'erin'];

    protected Plugin $plugin;
    protected PuppetIm $im;
    /** @var list<string> the headers of the page */
    protected array $headers = [];

    protected function setUp(): void
    {
        global $_G;
        $_G = fresh_globals();
        [$_GET, $_POST, $_SERVER['REQUEST_METHOD']] = [[], [], 'GET'];
        unset($_SERVER['HTTP_COOKIE']);
        $this->makeTables();
        $this->fillTables();
        Page::$headers = function (string $header): void {
            $this->headers[] = $header;
        };
        Page::$afterwards = fn(callable $what): mixed => $what();
        $this->begin();
        $this->set([]);
    }

    /** A new request. */
    protected function begin(bool $isOwn = false): void
    {
        $this->im = new PuppetIm();
        $this->plugin = new Plugin($isOwn, $this->im);
        Plugin::use($this->plugin);
    }

    /** @param array<string, mixed> $settings */
    protected function set(array $settings): void
    {
        $this->plugin->options->save($settings + ['server' => 'http://127.0.0.1:1', 'public_url' => 'https://im.example',
            'site_urls' => self::ORIGIN . '/bbs', 'domain' => 'forum', 'apikey' => 'key', 'rooms' => '1',
            'strangers' => '1', 'channels' => '1']);
        $this->begin();
    }

    protected static function link(): \mysqli
    {
        return DB::object()->link[1];
    }

    private function makeTables(): void
    {
        static $isMade = false;
        if (!$isMade) {
            self::link()->multi_query((string) file_get_contents(__DIR__ . '/tables.sql'));
            while (self::link()->more_results() && self::link()->next_result()) {
                continue;
            }
            $isMade = true;
        }
        (new Migrations((new Plugin())->db))->migrate();
    }

    private function fillTables(): void
    {
        foreach (DB::fetch_all("SHOW TABLES LIKE 'pre\\_%'") as $row) {
            $table = array_values($row)[0];
            DB::query("DELETE FROM $table" . ($table === 'pre_nextim_meta' ? " WHERE name <> 'schema'" : ''));
        }
        foreach (self::USERS as $uid => $name) {
            DB::query('INSERT INTO %t (uid, username, password) VALUES (%d, %s, %s)', ['common_member', $uid, $name,
                md5($name)]);
            DB::query('INSERT INTO %t VALUES (%d, 0)', ['common_member_count', $uid]);
        }
        self::member(1, 'adminid = 1, groupid = 1');
        self::member(6, 'groupid = 5');
        foreach ([[2, 3], [2, 4]] as [$one, $other]) {
            DB::query('INSERT INTO %t (uid, fuid) VALUES (%d, %d), (%d, %d)', ['home_friend', $one, $other, $other, $one]);
        }
        DB::query("INSERT INTO %t (fid, name, status) VALUES (50, 'Walkers', 3), (51, 'Secret', 3), (60, 'News', 1)", [
            'forum_forum']);
        DB::query('INSERT INTO %t (fid, membernum) VALUES (50, 2), (51, 1), (60, 0)', ['forum_forumfield']);
        DB::query('INSERT INTO %t (fid, uid, level) VALUES (50, 2, 4), (50, 3, 4), (50, 5, 0), (51, 3, 1), (60, 2, 4)', [
            'forum_groupuser']);
        DB::query("INSERT INTO %t VALUES (1, 'Admins'), (4, 'Mute'), (10, '<b>New</b>'), (11, 'Old')", ['common_usergroup']);
    }

    protected static function member(int $uid, string $set): void
    {
        DB::query("UPDATE %t SET $set WHERE uid = %d", ['common_member', $uid]);
    }

    protected static function auth(string $name, ?string $password = null): string
    {
        return authcode(($password ?? md5($name)) . "\t" . array_search($name, self::USERS, true), 'ENCODE');
    }

    /** The browser of a member. */
    protected function logIn(string $name): void
    {
        global $_G;
        $_G['cookie']['auth'] = self::auth($name);
        $_G['uid'] = (int) array_search($name, self::USERS, true);
    }

    protected function me(): ?Person
    {
        return $this->plugin->host->me(new Request('online'));
    }

    protected function person(string $name): Person
    {
        $this->logIn($name);
        return $this->me() ?? self::fail("$name is not logged in");
    }

    /** @param array<string, string|int> $params */
    protected function call(string $name, string $endpoint, array $params = []): Response
    {
        $this->logIn($name);
        $headers = ['Origin' => self::ORIGIN, 'Content-Type' => 'application/x-www-form-urlencoded'];
        return $this->plugin->answer(new Request($endpoint, 'POST', '', $headers, http_build_query($params)));
    }

    /** @param array<string, string|int> $params */
    protected function ask(string $name, string $endpoint, array $params = [], int $status = 200): mixed
    {
        $response = $this->call($name, $endpoint, $params);
        self::assertSame($status, $response->status, "$endpoint: $response->body");
        return json_decode($response->body, true);
    }

    /** @return list<array<string, mixed>> */
    protected function rows(string $sql): array
    {
        return $this->plugin->store()->rows($sql);
    }

    /** @return list<string> */
    protected static function ids(array $persons): array
    {
        return array_map(fn(object $person): string => $person->id, $persons);
    }
}
