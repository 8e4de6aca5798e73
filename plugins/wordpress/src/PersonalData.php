<?php

/*
 * The privacy tools of WordPress.
 *
 * Owns: the exporter and the eraser. Must not: show one user's messages to another.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

final class PersonalData
{
    private const GROUP = 'nextim';

    public function __construct(private readonly Plugin $plugin)
    {
    }

    public function start(): void
    {
        add_filter('wp_privacy_personal_data_exporters', fn(array $all): array => $all + [self::GROUP => [
            'exporter_friendly_name' => __('Chat', 'nextim'), 'callback' => $this->export(...)]]);
        add_filter('wp_privacy_personal_data_erasers', fn(array $all): array => $all + [self::GROUP => [
            'eraser_friendly_name' => __('Chat', 'nextim'), 'callback' => $this->erase(...)]]);
    }

    /** @return array{data: list<array<string, mixed>>, done: bool} */
    public function export(string $email, int $page = 1): array
    {
        $user = get_user_by('email', $email);
        if ($user === false) {
            return ['data' => [], 'done' => true];
        }
        $name = "nextim_export_{$user->ID}_";
        $after = $page === 1 ? 0 : (int) get_transient($name . $page);
        ['lines' => $lines, 'next' => $next] = $this->plugin->privacy()->export((string) $user->ID, $after);
        $data = array_map(fn(array $line): array => [
            'group_id' => self::GROUP,
            'group_label' => __('Chat messages', 'nextim'),
            'item_id' => "nextim-{$line['id']}",
            'data' => [
                ['name' => __('Time', 'nextim'), 'value' => gmdate('Y-m-d H:i:s', intdiv($line['timestamp'], 1000))],
                ['name' => __('From', 'nextim'), 'value' => $line['nick']],
                ['name' => __('Text', 'nextim'), 'value' => esc_html($line['body'])],
            ],
        ], $lines);
        if ($next !== null) {
            set_transient($name . ($page + 1), $next, HOUR_IN_SECONDS);
        }
        $kept = $page === 1 ? $this->kept((string) $user->ID) : [];
        return ['data' => [...$data, ...$kept], 'done' => $next === null];
    }

    /** @return list<array<string, mixed>> */
    private function kept(string $id): array
    {
        ['settings' => $settings, 'blocked' => $blocked] = $this->plugin->privacy()->kept($id);
        $rows = [];
        foreach ($settings as $name => $value) {
            $rows[] = ['name' => (string) $name, 'value' => esc_html($value)];
        }
        foreach ($blocked as $other) {
            $rows[] = ['name' => __('Blocked user', 'nextim'), 'value' => $other];
        }
        return $rows === [] ? [] : [['group_id' => 'nextim-settings', 'group_label' => __('Chat settings', 'nextim'),
            'item_id' => 'nextim-settings', 'data' => $rows]];
    }

    /** @return array{items_removed: bool, items_retained: bool, messages: list<string>, done: bool} */
    public function erase(string $email, int $page = 1): array
    {
        $user = get_user_by('email', $email);
        $done = $user === false || $this->plugin->privacy()->erase((string) $user->ID);
        return ['items_removed' => $user !== false, 'items_retained' => false, 'messages' => [], 'done' => $done];
    }
}
