<?php

/*
 * Requests that a page of another site makes in the user's name.
 *
 * Owns: the check of where a request comes from. Must not: read parameters or bodies, or trust the header `Host`.
 *
 * A browser sends the session's cookie with every request to the site, also with those of other sites' pages. It also
 * sends the origin of the page, and a page cannot forge that. No host makes this check for us.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Origins
{
    /**
     * Refuses a change that comes from no page of the site, nor of these other origins.
     *
     * @param list<string> $others
     */
    public static function check(Request $request, Config $config, array $others = []): void
    {
        $origin = $request->header('origin');
        if (self::isOwn($request, $config) || ($origin !== '' && self::isAmong($others, $origin))) {
            return;
        }
        throw Refusal::forbidden('This request came from another site and was not carried out.');
    }

    /**
     * Whether the request is for a script on a page of one of these origins. The browser says so: by the address of the
     * page and, if it is newer, by the destination.
     *
     * @param list<string> $origins
     */
    public static function isScriptOf(Request $request, array $origins): bool
    {
        $wanted = $request->header('sec-fetch-dest');
        $from = self::originOf($request->header('referer'));
        return ($wanted === '' || $wanted === 'script') && $from !== null && self::isAmong($origins, $from);
    }

    private static function isOwn(Request $request, Config $config): bool
    {
        $site = $request->header('sec-fetch-site');
        if ($site !== '' && $site !== 'same-origin') {
            return false;
        }
        $origin = $request->header('origin');
        $page = $origin !== '' ? $origin : $request->header('referer');
        if ($page === '') {
            return $site !== '';
        }
        $from = self::originOf($page);
        return $from !== null && self::isAmong($config->origins, $from);
    }

    /** @param list<string> $origins */
    private static function isAmong(array $origins, string $from): bool
    {
        foreach ($origins as $origin) {
            if (strcasecmp(self::originOf($origin) ?? '', $from) === 0) {
                return true;
            }
        }
        return false;
    }

    /** The origin of an http URL, as browsers write it. */
    public static function originOf(string $url): ?string
    {
        return preg_match('~^(https?://[^/?#\s]+)~i', $url, $found) === 1 ? $found[1] : null;
    }
}
