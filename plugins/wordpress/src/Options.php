<?php

/*
 * The settings of the site.
 *
 * Owns: where they are kept, their defaults and their limits. Must not: show them.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

use NextIM\Site\Config;
use NextIM\Site\Origins;

final class Options
{
    private const NAME = 'nextim';
    private const DEFAULTS = ['server' => 'http://127.0.0.1:8000', 'public_url' => '', 'domain' => '', 'apikey' => '',
        'roles' => '', 'rooms' => true, 'strangers' => true, 'channels' => false, 'days' => 0, 'jsonp_origins' => '',
        'xmpp' => false, 'xmpp_domain' => '', 'xmpp_roles' => ''];

    /** The site that was asked. */
    private readonly int $site;

    /** @param bool $isNetwork whether one chat is for all sites of the network */
    public function __construct(public readonly bool $isNetwork)
    {
        $this->site = get_current_blog_id();
    }

    /** @return array<string, string|int|bool> */
    public function all(): array
    {
        $kept = $this->isNetwork ? get_site_option(self::NAME, []) : get_option(self::NAME, []);
        $all = array_intersect_key(is_array($kept) ? $kept : [], self::DEFAULTS) + self::DEFAULTS;
        foreach (['domain', 'xmpp_domain'] as $name) {
            $all[$name] = $all[$name] === '' ? (string) wp_parse_url($this->home(), PHP_URL_HOST) : $all[$name];
        }
        return $all;
    }

    /** Keeps what a form has sent. The key stays as it is if the form has none. @param array<string, mixed> $sent */
    public function save(array $sent): void
    {
        $all = $this->all();
        foreach (self::DEFAULTS as $name => $default) {
            // The roles are a list of checkboxes.
            $text = trim(implode(' ', array_filter((array) ($sent[$name] ?? ''), is_string(...))));
            $all[$name] = match (true) {
                is_bool($default) => $text !== '',
                is_int($default) => max(0, (int) $text),
                $name === 'apikey' => $text === '' ? $all[$name] : $text,
                $name === 'server', $name === 'public_url' => rtrim(esc_url_raw($text, ['http', 'https']), '/'),
                $name === 'xmpp_domain' => self::hostName($text),
                default => sanitize_textarea_field($text),
            };
        }
        $this->isNetwork ? update_site_option(self::NAME, $all) : update_option(self::NAME, $all);
    }

    public function remove(): void
    {
        $this->isNetwork ? delete_site_option(self::NAME) : delete_option(self::NAME);
    }

    public function config(): Config
    {
        $all = $this->all();
        $home = $this->home();
        $path = (string) wp_parse_url($home, PHP_URL_PATH);
        return new Config(
            server: (string) $all['server'],
            domain: (string) $all['domain'],
            apikey: (string) $all['apikey'],
            publicUrl: (string) $all['public_url'],
            endpoint: "$path?nextim={endpoint}",
            origins: $this->origins(),
            jsonpOrigins: self::words((string) $all['jsonp_origins']),
            cookiePath: $path,
            secure: wp_parse_url($home, PHP_URL_SCHEME) === 'https',
            strangers: (bool) $all['strangers'],
            xmpp: $all['xmpp'] ? (string) $all['xmpp_domain'] : '',
        );
    }

    /** The address of the site that answers the bar, with a slash at its end. */
    public function home(): string
    {
        return $this->isNetwork ? get_home_url(get_main_site_id(), '/') : home_url('/');
    }

    /** @return list<string> the origins of the pages that may change something */
    public function origins(): array
    {
        $urls = [$this->home(), $this->siteUrl(), get_home_url($this->site, '/')];
        return array_values(array_unique(array_filter(array_map(Origins::originOf(...), $urls))));
    }

    /** Where the message server posts what it could not deliver. */
    public function undeliveredUrl(): string
    {
        return $this->home() . '?nextim=undelivered';
    }

    /** Where the gateway asks for members with clients of XMPP. */
    public function xmppUrl(): string
    {
        return $this->home() . '?nextim=xmpp';
    }

    private static function hostName(string $text): string
    {
        $name = mb_strtolower($text);
        return preg_match('~^[^\s/@:<>"\'&\\\\]+$~Du', $name) === 1 ? $name : '';
    }

    private function siteUrl(): string
    {
        return $this->isNetwork ? get_site_url(get_main_site_id(), '/') : site_url('/');
    }

    /** @return list<string> the words of a setting */
    public static function words(string $text): array
    {
        return preg_split('/[\s,]+/', $text, -1, PREG_SPLIT_NO_EMPTY) ?: [];
    }
}
