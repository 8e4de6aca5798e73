<?php

/*
 * The settings of a site.
 *
 * Owns: the values, and that the key of the environment wins. Must not: read globals, but for that key.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Config
{
    private readonly string $apikey;

    /**
     * @param string $server the message server as the site reaches it
     * @param string $publicUrl the same as browsers reach it; empty if that is no other
     * @param string $endpoint where the endpoints are, as the bar's `data-site` names it
     * @param string $siteUrl what links begin with; empty if pages of other origins need none
     * @param list<string> $origins the origins of the site's own pages, as it is configured
     * @param list<string> $jsonpOrigins the origins whose pages may use the endpoints by JSONP
     * @param bool $logIn whether the bar's own form may log users in
     * @param string $logInUrl the page on which the site logs users in, where `{page}` stands for the page to come back
     *     to; empty if the bar's own form does it
     * @param bool $strangers whether users may write to others than their contacts
     * @param string $xmpp the domain that clients of XMPP log in to; empty if there are none
     * @param ?\Closure(): int $clock the time in milliseconds since 1970
     */
    public function __construct(
        public readonly string $server,
        public readonly string $domain,
        string $apikey,
        public readonly string $publicUrl = '',
        public readonly string $endpoint = '/webim',
        public readonly string $siteUrl = '',
        public readonly array $origins = [],
        public readonly array $jsonpOrigins = [],
        public readonly string $cookiePath = '/',
        public readonly bool $secure = false,
        public readonly bool $logIn = false,
        public readonly string $logInUrl = '',
        public readonly bool $strangers = true,
        public readonly string $userPic = '',
        public readonly string $roomPic = '',
        public readonly string $xmpp = '',
        private readonly ?\Closure $clock = null,
    ) {
        $fromEnvironment = getenv('NEXTIM_APIKEY');
        $this->apikey = is_string($fromEnvironment) && $fromEnvironment !== '' ? $fromEnvironment : $apikey;
    }

    public function apikey(): string
    {
        return $this->apikey;
    }

    /** The time in milliseconds since 1970. */
    public function now(): int
    {
        return $this->clock === null ? (int) (microtime(true) * 1000) : ($this->clock)();
    }

    /** The URL of the message server for browsers, without a slash at its end. */
    public function publicUrl(): string
    {
        return rtrim($this->publicUrl === '' ? $this->server : $this->publicUrl, '/');
    }

    /** A path of the site as a link that works on pages of other origins, if the site's URL is known. */
    public function link(string $path): string
    {
        return preg_match('~^(https?:)?//~i', $path) === 1 || $path === '' ? $path : $this->siteUrl . $path;
    }

    /** @return array<string, string> without the key */
    public function __debugInfo(): array
    {
        return ['server' => $this->server, 'domain' => $this->domain];
    }
}
