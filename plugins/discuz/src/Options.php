<?php

/*
 * The settings of the forum.
 *
 * Owns: where they are kept, their defaults and their limits. Must not: show them.
 *
 * They are one row of Discuz's own settings, which are in its cache: reading them costs no query.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

use NextIM\Site\Config;
use NextIM\Site\Migrations;
use NextIM\Site\Origins;

final class Options
{
    private const NAME = 'nextim';
    private const FORM = ['server' => 'http://127.0.0.1:8000', 'public_url' => '', 'site_urls' => '', 'domain' => '',
        'apikey' => '', 'groups' => [], 'rooms' => true, 'strangers' => true, 'channels' => false, 'days' => 0,
        'jsonp_origins' => '', 'xmpp' => false, 'xmpp_domain' => '', 'xmpp_groups' => [], 'purge' => false];
    private const KEPT = self::FORM + ['language' => '', 'schema' => 0];

    /** @return array<string, string|int|bool|list<int>> */
    public function all(): array
    {
        global $_G;
        $kept = json_decode((string) ($_G['setting'][self::NAME] ?? ''), true);
        $all = array_intersect_key(is_array($kept) ? $kept : [], self::KEPT) + self::KEPT;
        foreach (['domain', 'xmpp_domain'] as $name) {
            $all[$name] = $all[$name] === '' ? (string) parse_url($this->home($all), PHP_URL_HOST) : $all[$name];
        }
        return $all;
    }

    /** Keeps what a form has sent. The key stays as it is if the form has none. @param array<string, mixed> $sent */
    public function save(array $sent): void
    {
        $all = $this->all();
        foreach (self::FORM as $name => $default) {
            $text = isset($sent[$name]) && is_string($sent[$name]) ? trim($sent[$name]) : '';
            $all[$name] = match (true) {
                is_array($default) => self::numbers($sent[$name] ?? []),
                is_bool($default) => (bool) $text,
                is_int($default) => max(0, (int) $text),
                $name === 'apikey' => $text === '' ? $all[$name] : $text,
                $name === 'server', $name === 'public_url' => self::url($text),
                $name === 'xmpp_domain' => self::hostName($text),
                $name === 'site_urls' => implode("\n", array_filter(array_map(self::url(...), self::words($text)))),
                default => $text,
            };
        }
        $this->keep($all);
    }

    /** The tables have this number, and the bar speaks the language of the forum. */
    public function migrated(): void
    {
        $this->keep(['schema' => Migrations::LAST, 'language' => Words::language()] + $this->all());
    }

    /** At the first installation: the address at which the administrator has come is the forum's. */
    public function begin(): void
    {
        global $_G;
        $all = $this->all();
        $all['site_urls'] = $all['site_urls'] === '' ? self::url((string) $_G['siteurl']) : $all['site_urls'];
        $this->keep($all);
        $this->migrated();
    }

    public function remove(): void
    {
        \DB::query('DELETE FROM %t WHERE skey IN (%n)', ['common_setting', [self::NAME, Housekeeping::LEFT]]);
        $this->refresh();
    }

    public function config(): Config
    {
        global $_G;
        $all = $this->all();
        $home = $this->home($all);
        return new Config(
            server: (string) $all['server'],
            domain: (string) $all['domain'],
            apikey: (string) $all['apikey'],
            publicUrl: (string) $all['public_url'],
            endpoint: $this->path() . self::entry('{endpoint}'),
            siteUrl: (string) Origins::originOf($home),
            origins: $this->origins($all),
            jsonpOrigins: self::words((string) $all['jsonp_origins']),
            cookiePath: (string) ($_G['config']['cookie']['cookiepath'] ?? '/'),
            secure: parse_url($home, PHP_URL_SCHEME) === 'https',
            logInUrl: $this->path() . 'member.php?mod=logging&action=login&referer={page}',
            strangers: (bool) $all['strangers'],
            xmpp: $all['xmpp'] ? (string) $all['xmpp_domain'] : '',
        );
    }

    /** The path of the forum, with a slash at its end. */
    public function path(): string
    {
        return (string) parse_url($this->home($this->all()), PHP_URL_PATH);
    }

    /** The address to which the message server returns messages. */
    public function undelivered(): string
    {
        return $this->home($this->all()) . self::entry('undelivered');
    }

    /** The address at which the gateway to XMPP asks. */
    public function xmpp(): string
    {
        return $this->home($this->all()) . self::entry('xmpp');
    }

    private static function entry(string $endpoint): string
    {
        return "source/plugin/nextim/webim.php?do=$endpoint";
    }

    /**
     * The configured address of the forum, with a slash at its end. Discuz has none of its own: it takes the header
     * `Host` for it, which proves nothing.
     *
     * @param array<string, mixed> $all
     */
    private function home(array $all): string
    {
        return (self::words((string) $all['site_urls'])[0] ?? '') . '/';
    }

    /**
     * @param array<string, mixed> $all
     * @return list<string> the origins of the forum's pages, with those of its parts that have a host name of their own
     */
    private function origins(array $all): array
    {
        global $_G;
        $scheme = parse_url($this->home($all), PHP_URL_SCHEME) ?: 'https';
        $hosts = array_filter((array) ($_G['setting']['domain']['app'] ?? []), is_string(...));
        $urls = array_map(fn(string $host): string => "$scheme://$host", array_values(array_filter($hosts)));
        $origins = array_map(Origins::originOf(...), [...self::words((string) $all['site_urls']), ...$urls]);
        return array_values(array_unique(array_filter($origins)));
    }

    /** @param array<string, mixed> $all */
    private function keep(array $all): void
    {
        global $_G;
        $_G['setting'][self::NAME] = json_encode($all, JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
        \C::t('common_setting')->update_setting(self::NAME, $_G['setting'][self::NAME]);
        $this->refresh();
    }

    private function refresh(): void
    {
        require_once libfile('function/cache');
        updatecache('setting');
    }

    private static function hostName(string $text): string
    {
        $name = mb_strtolower($text);
        return preg_match('~^[^\s/@:<>"\'&\\\\]+$~Du', $name) === 1 ? $name : '';
    }

    private static function url(string $text): string
    {
        return preg_match('~^https?://[^\s"\'<>]+$~i', $text) === 1 ? rtrim($text, '/') : '';
    }

    /** @return list<int> */
    private static function numbers(mixed $sent): array
    {
        $numbers = array_map(intval(...), array_filter(is_array($sent) ? $sent : [], is_scalar(...)));
        return array_values(array_unique(array_filter($numbers, fn(int $number): bool => $number > 0)));
    }

    /** @return list<string> the words of a setting */
    public static function words(string $text): array
    {
        return preg_split('/[\s,]+/', $text, -1, PREG_SPLIT_NO_EMPTY) ?: [];
    }
}
