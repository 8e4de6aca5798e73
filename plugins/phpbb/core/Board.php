<?php

/*
 * What phpBB has only as functions and heavy services.
 *
 * Owns: loading them when they are needed, and texts without the entities in which phpBB keeps them. Must not: ask the
 * database itself.
 */

declare(strict_types=1);

namespace nextim\bar\core;

use Symfony\Component\DependencyInjection\ContainerInterface;

class Board
{
    public function __construct(
        private readonly ContainerInterface $container,
        private readonly Options $options,
        private readonly string $rootPath,
        private readonly string $phpExt,
    ) {
    }

    /** A text as people read it: phpBB keeps names and titles with entities. */
    public static function plain(string $text): string
    {
        return html_entity_decode($text, ENT_QUOTES | ENT_HTML5, 'UTF-8');
    }

    /**
     * The address of the picture of a user or a group; empty if there is none.
     *
     * @param array<string, mixed> $row
     */
    public function picture(array $row, string $kind): string
    {
        $type = (string) ($row["{$kind}_avatar_type"] ?? '');
        if ($type === '' || !$this->container->get('config')['allow_avatar']) {
            return '';
        }
        /** @var \phpbb\avatar\manager $avatars */
        $avatars = $this->container->get('avatar.manager');
        $driver = $avatars->get_driver($type);
        if ($driver === null) {
            return '';
        }
        return $this->page((string) $driver->get_data($avatars::clean_row($row, $kind))['src']);
    }

    /**
     * phpBB's newest notifications of a user, in the language of whoever asks.
     *
     * @return list<array{text: string, link: string, time: int}>
     */
    public function notices(int $user, int $most): array
    {
        $found = $this->container->get('notification_manager')->load_notifications(
            'notification.method.board',
            ['user_id' => $user, 'limit' => $most],
        );
        $notices = [];
        foreach ($found['notifications'] as $notice) {
            $text = trim("{$notice->get_title()} {$notice->get_reference()}");
            $notices[] = ['text' => self::plain(strip_tags($text)), 'link' => $this->page((string) $notice->get_url()),
                'time' => (int) $notice->notification_time * 1000];
        }
        return $notices;
    }

    /** The address of a page from the top of the site, without the id of a session. */
    private function page(string $url): string
    {
        $url = preg_replace('/([?&])sid=[0-9a-f]*&?/', '$1', self::plain($url)) ?? '';
        $url = preg_replace('/[?&](?=#|$)/', '', $url) ?? '';
        // phpBB names its own pages from the page that asks.
        foreach ([$this->container->get('path_helper')->get_web_root_path(), $this->rootPath] as $top) {
            if ($top !== '' && str_starts_with($url, $top)) {
                return $this->options->link(substr($url, strlen($top)));
            }
        }
        return $url;
    }

    /** A text without the words that the board does not want. */
    public function censored(string $text): string
    {
        ['match' => $match, 'replace' => $replace] = $this->container->get('cache')->obtain_word_list()
            + ['match' => [], 'replace' => []];
        return $match === [] ? $text : (preg_replace($match, array_map(self::plain(...), $replace), $text) ?? $text);
    }

    /** Bans a user for this many minutes; 0: for good. */
    public function ban(string $username, int $minutes, string $reason): bool
    {
        $this->load();
        return (bool) user_ban('user', [$username], $minutes, '', 0, $reason, $reason);
    }

    /** The name of a group in the language of whoever asks. */
    public function groupName(string $name): string
    {
        return self::plain((string) $this->container->get('group_helper')->get_name($name));
    }

    public function words(string $key): string
    {
        $language = $this->container->get('language');
        $language->add_lang('common', 'nextim/bar');
        return $language->lang($key);
    }

    /** A name in the form in which phpBB compares names. */
    public function clean(string $username): string
    {
        return utf8_clean_string($username);
    }

    private function load(): void
    {
        if (!function_exists('user_ban')) {
            require "{$this->rootPath}includes/functions_user.$this->phpExt";
        }
    }
}
