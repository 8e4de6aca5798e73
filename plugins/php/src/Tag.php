<?php

/*
 * The script tag of the bar, and the cookie that tells the bar who is logged in.
 *
 * Owns: both texts. Must not: write a user's name into the tag: caches keep it for everybody.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Tag
{
    public const COOKIE = 'nextim_user';

    public function __construct(private readonly Config $config)
    {
    }

    /** The tag, the same for everybody. @param array<string, string> $more further attributes, such as `data-theme` */
    public function tag(string $lang = '', array $more = []): string
    {
        $attributes = ['src' => $this->config->publicUrl() . '/webim.js', 'data-site' => $this->config->endpoint,
            'data-user-cookie' => self::COOKIE];
        $attributes += array_filter(['data-login' => $this->config->logInUrl, 'data-lang' => $lang]) + $more;
        $tag = '<script';
        foreach ($attributes as $name => $value) {
            $tag .= " $name=\"" . htmlspecialchars($value, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8') . '"';
        }
        return "$tag defer></script>";
    }

    /** The value of a `Set-Cookie` that sets, clears or mends the cookie; null if it is right already. */
    public function cookie(Request $request, ?Person $me): ?string
    {
        $id = $me->id ?? '';
        if ($request->cookie(self::COOKIE) === $id) {
            return null;
        }
        $value = self::COOKIE . '=' . rawurlencode($id) . '; Path=' . $this->config->cookiePath . '; SameSite=Lax';
        $end = $me === null ? 0 : $me->expires;
        $value .= $end === null ? '' : '; Expires=' . gmdate('D, d M Y H:i:s', intdiv($end, 1000)) . ' GMT';
        return $value . ($this->config->secure ? '; Secure' : '');
    }
}
