<?php

/*
 * What is kept, for how long, and how it goes.
 *
 * Owns: WP-Cron, WordPress's privacy tools, deactivation and deletion of the plugin. Must not: leave the site without
 * the plugin.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class KeepingTest extends SiteCase
{
    public function testCronRemovesWhatIsTooOld(): void
    {
        global $wpdb;
        self::assertNotFalse(wp_next_scheduled('nextim_prune'));
        $this->set(['days' => 30]);
        $this->wp('fill', '3', '2', 'unicast', '3');
        $old = (time() - 31 * DAY_IN_SECONDS) * 1000;
        $wpdb->query("UPDATE {$wpdb->prefix}nextim_messages SET `time` = $old ORDER BY id LIMIT 2");
        wp_clear_scheduled_hook('nextim_prune');
        wp_schedule_event(time() - 10, 'daily', 'nextim_prune');
        self::assertSame(200, (new Visitor())->get('/wp-cron.php')->status);
        self::assertSame(['m2'], $wpdb->get_col("SELECT body FROM {$wpdb->prefix}nextim_messages"));
        wp_cache_flush();
        self::assertGreaterThan(time(), wp_next_scheduled('nextim_prune'));
    }

    public function testThePrivacyToolsExport(): void
    {
        $this->wp('fill', '3', '2', 'unicast', '1200');
        $this->wp('fill', '3', '4', 'unicast', '1');
        Visitor::as('alice')->call('setting', ['theme' => 'dark']);
        $found = $this->tool('export', 'alice@example.org');
        $texts = array_map(fn(array $item): array => array_column($item['data'], 'value', 'name'), $found);
        $bodies = array_filter(array_column($texts, 'Text'));
        self::assertCount(1200, $bodies);
        self::assertSame(['m0', 'm1199'], [reset($bodies), end($bodies)]);
        self::assertSame('Bob "the" O\'Neil', html_entity_decode($texts[0]['From'], ENT_QUOTES));
        $settings = array_values(array_filter($found, fn(array $item): bool => $item['group_id'] === 'nextim-settings'));
        self::assertSame(['theme' => '"dark"', 'Blocked user' => '6'], array_map(
            fn(string $value): string => html_entity_decode($value, ENT_QUOTES),
            array_column($settings[0]['data'], 'value', 'name'),
        ));
    }

    public function testThePrivacyToolsErase(): void
    {
        global $wpdb;
        $this->wp('fill', '3', '2', 'unicast', '1200');
        $this->wp('fill', '2', '3', 'unicast', '2');
        Visitor::as('bob')->call('setting', ['theme' => 'dark']);
        $this->tool('erase', 'bob@example.org');
        self::assertSame(['m0', 'm1'], $wpdb->get_col("SELECT body FROM {$wpdb->prefix}nextim_messages WHERE deleted = 0"));
        self::assertSame('0', $wpdb->get_var("SELECT COUNT(*) FROM {$wpdb->prefix}nextim_messages WHERE `from` = '3'"
            . " AND (body <> '' OR nick <> '')"));
        self::assertSame('0', $wpdb->get_var("SELECT COUNT(*) FROM {$wpdb->prefix}nextim_settings"));
    }

    /**
     * Uses a privacy tool as the administrator's page does.
     *
     * @return list<array<string, mixed>> what the plugin's own part has answered
     */
    private function tool(string $what, string $email): array
    {
        $action = $what === 'export' ? 'export_personal_data' : 'remove_personal_data';
        $request = wp_create_user_request($email, $action);
        wp_update_post(['ID' => $request, 'post_status' => 'request-confirmed']);
        $admin = Visitor::as('admin');
        $page = $admin->get($what === 'export' ? '/wp-admin/export-personal-data.php' : '/wp-admin/erase-personal-data.php');
        $kind = $what === 'export' ? 'exporter' : 'eraser';
        $names = array_keys(apply_filters("wp_privacy_personal_data_{$kind}s", []));
        $nonce = $page->find('~data-request-id="' . $request . '"[^>]*?data-nonce="(\w+)"~s');
        self::assertNotNull($nonce);
        $found = [];
        for ($number = 1, $isDone = false; !$isDone; $number++) {
            $answer = $admin->post('/wp-admin/admin-ajax.php', ['action' => "wp-privacy-$what-personal-data",
                $kind => 1 + (int) array_search('nextim', $names, true), 'id' => $request, 'page' => $number,
                'security' => $nonce])->json();
            self::assertTrue($answer['success'], (string) json_encode($answer));
            $found = [...$found, ...($answer['data']['data'] ?? [])];
            $isDone = $answer['data']['done'];
        }
        wp_delete_post($request, true);
        return $found;
    }

    public function testDeactivationEndsTheChatAndKeepsAll(): void
    {
        $alice = Visitor::as('alice');
        $alice->call('online');
        $alice->call('message', ['to' => '3', 'body' => 'Hello']);
        $alice->call('setting', ['theme' => 'dark']);
        $this->wp('deactivate');
        try {
            self::assertSame(['2'], array_column($this->told('/presences/offline'), 'name'));
            self::assertFalse(wp_next_scheduled('nextim_prune'));
            $page = $alice->get('/');
            self::assertSame([200, null], [$page->status, $page->tag()]);
            // What the bars of open pages ask now is a page of the site, and no answer of the chat.
            self::assertNull($alice->call('online')->json());
        } finally {
            $this->wp('activate');
        }
        $again = Visitor::as('alice')->call('online', ['buddy_ids' => '3'])->json();
        self::assertSame(['Hello'], array_column($again['histories']['3'], 'body'));
        self::assertSame('dark', $again['setting']['theme']);
        self::assertNotFalse(wp_next_scheduled('nextim_prune'));
    }

    public function testDeactivationDoesNotWaitForAServerThatIsDown(): void
    {
        foreach (['alice', 'bob', 'carol'] as $name) {
            Visitor::as($name)->call('online');
        }
        $this->set(['server' => 'http://127.0.0.1:9']);
        $this->wp('deactivate');
        $this->wp('activate');
        self::assertSame('200', (string) Visitor::as('alice')->call('online')->status);
    }

    public function testDeletionKeepsMessagesUnlessToldOtherwise(): void
    {
        $this->wp('fill', '3', '2', 'unicast', '1');
        $this->wp('uninstall');
        self::assertFalse(get_option('nextim'));
        self::assertFalse(get_option('nextim_schema'));
        self::assertCount(1, $this->tables());
        $this->wp('uninstall', 'purge');
        self::assertSame([], $this->tables());
        $this->wp('activate');
        self::assertCount(1, $this->tables());
    }

    public function testAnUpdateBringsTheTables(): void
    {
        global $wpdb;
        $this->wp('uninstall', 'purge');
        $this->wp('activate');
        // As after an update: WordPress does not activate the plugin again.
        foreach ($wpdb->get_col("SHOW TABLES LIKE '{$wpdb->prefix}nextim\\_%'") as $table) {
            $wpdb->query("DROP TABLE $table");
        }
        delete_option('nextim_schema');
        self::assertSame(200, Visitor::as('alice')->call('online')->status);
        self::assertCount(1, $this->tables());
    }
}
