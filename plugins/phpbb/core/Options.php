<?php

/*
 * The settings of the board.
 *
 * Owns: where they are kept, their defaults and their limits. Must not: show them, or believe the header `Host`.
 */

declare(strict_types=1);

namespace nextim\bar\core;

use NextIM\Site\Config;
use phpbb\config\config as Settings;
use phpbb\request\request_interface;
use phpbb\routing\helper;
use phpbb\user;

final class Options
{
    public const PREFIX = 'nextim_';
    public const DEFAULTS = ['server' => 'http://127.0.0.1:8000', 'public_url' => '', 'domain' => '', 'apikey' => '',
        'rooms' => true, 'strangers' => true, 'channels' => false, 'days' => 0, 'jsonp_origins' => '', 'xmpp' => false,
        'xmpp_domain' => ''];
    /** The column of phpBB holds no more. */
    private const LENGTH = 255;

    public function __construct(
        private readonly Settings $settings,
        private readonly user $user,
        private readonly request_interface $request,
        private readonly helper $routes,
    ) {
    }

    /** @return array<string, string|int|bool> */
    public function all(): array
    {
        $all = [];
        foreach (self::DEFAULTS as $name => $default) {
            $kept = $this->settings[self::PREFIX . $name] ?? $default;
            $all[$name] = match (true) {
                is_bool($default) => (bool) $kept,
                is_int($default) => (int) $kept,
                default => (string) $kept,
            };
        }
        foreach (['domain', 'xmpp_domain'] as $name) {
            $all[$name] = $all[$name] === '' ? (string) $this->settings['server_name'] : $all[$name];
        }
        return $all;
    }

    /** Keeps what a form has sent. The key stays as it is if the form has none. @param array<string, string> $sent */
    public function save(array $sent): void
    {
        $all = $this->all();
        foreach (self::DEFAULTS as $name => $default) {
            $text = mb_substr(trim($sent[$name] ?? ''), 0, self::LENGTH);
            $value = match (true) {
                is_bool($default) => $text === '' ? '0' : '1',
                is_int($default) => (string) max(0, (int) $text),
                $name === 'apikey' => $text === '' ? (string) $all[$name] : $text,
                $name === 'server', $name === 'public_url' => self::url($text),
                $name === 'xmpp_domain' => self::hostName($text),
                default => $text,
            };
            $this->settings->set(self::PREFIX . $name, $value);
        }
    }

    public function config(): Config
    {
        $all = $this->all();
        $jsonpOrigins = self::words((string) $all['jsonp_origins']);
        return new Config(
            server: (string) $all['server'],
            domain: (string) $all['domain'],
            apikey: (string) $all['apikey'],
            publicUrl: (string) $all['public_url'],
            endpoint: $this->endpoint('{endpoint}'),
            siteUrl: $jsonpOrigins === [] && !$all['xmpp'] ? '' : $this->origin(),
            origins: $this->origins(),
            jsonpOrigins: $jsonpOrigins,
            cookiePath: $this->path(),
            secure: $this->isSecure(),
            logInUrl: $this->link('ucp.php?mode=login&redirect={page}'),
            strangers: (bool) $all['strangers'],
            xmpp: $all['xmpp'] ? (string) $all['xmpp_domain'] : '',
        );
    }

    /** The path of an endpoint, with or without `app.php`, and never with the id of a session. */
    public function endpoint(string $name): string
    {
        $known = 'online';
        $path = $this->routes->route('nextim_bar_webim', ['endpoint' => $known], false, '');
        return substr(explode('?', $path, 2)[0], 0, -strlen($known)) . $name;
    }

    /** The folder of the board in its address, with a slash at its end. */
    public function path(): string
    {
        $path = $this->user->page['root_script_path'] ?? $this->settings['script_path'];
        return '/' . ltrim(rtrim((string) $path, '/') . '/', '/');
    }

    /** The address of a page of the board from its top. */
    public function link(string $page): string
    {
        return $this->path() . $page;
    }

    /** The origin of the board, as it is configured. */
    public function origin(): string
    {
        $origins = $this->origins();
        return $this->isSecure() ? end($origins) : $origins[0];
    }

    /**
     * The origins of the board's pages: as it is configured, and with TLS. Many boards are behind TLS and still have
     * `http` in their settings, because phpBB does not use that setting by default.
     *
     * @return list<string>
     */
    public function origins(): array
    {
        $name = (string) $this->settings['server_name'];
        $protocol = (string) $this->settings['server_protocol'];
        $protocol = $protocol !== '' ? $protocol : ($this->isSecure() ? 'https://' : 'http://');
        $port = (int) $this->settings['server_port'];
        $odd = $port === 0 || $port === 80 || $port === 443 || str_contains($name, ':') ? '' : ":$port";
        return array_values(array_unique(["$protocol$name$odd", "https://$name$odd"]));
    }

    /** The session of phpBB that the browser has named. */
    public function session(): string
    {
        $name = $this->settings['cookie_name'] . '_sid';
        return $this->request->variable($name, '', false, request_interface::COOKIE);
    }

    public function isSecure(): bool
    {
        return (bool) $this->settings['cookie_secure'] || $this->request->is_secure();
    }

    /** @return list<string> the words of a setting */
    public static function words(string $text): array
    {
        return preg_split('/[\s,]+/', $text, -1, PREG_SPLIT_NO_EMPTY) ?: [];
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
}
