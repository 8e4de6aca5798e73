<?php

/*
 * The object that goes with a message.
 *
 * Owns: which objects all parsers read alike, as the message server demands them. Must not: know what an object means.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Meta
{
    /** The object as it was sent, or null if none was. */
    public static function of(Params $params): ?string
    {
        $text = $params->text('meta');
        if ($text === '') {
            return null;
        }
        return self::isAllowed($text) ? $text : throw Refusal::bad('bad parameter: meta');
    }

    public static function isAllowed(string $text): bool
    {
        if (strlen($text) > Limits::META_BYTES) {
            return false;
        }
        // PHP counts the value within the innermost object as one level more. It refuses half surrogate pairs by
        // itself.
        $value = json_decode($text, false, Limits::META_DEPTH + 1);
        return $value instanceof \stdClass && json_encode($value) !== false
            && preg_match('/\\\\u0000/', self::withoutEscapedSlashes($text)) === 0 && !self::hasDuplicate($text);
    }

    private static function withoutEscapedSlashes(string $text): string
    {
        return str_replace('\\\\', '', $text);
    }

    /** Whether a name stands twice in one object. The text is JSON. */
    private static function hasDuplicate(string $text): bool
    {
        preg_match_all('/"(?:[^"\\\\]|\\\\.)*"|[{}\[\]:]/s', $text, $found);
        $open = [];
        foreach ($found[0] as $index => $token) {
            if ($token === '{' || $token === '[') {
                $open[] = [];
            } elseif ($token === '}' || $token === ']') {
                array_pop($open);
            } elseif ($token !== ':' && ($found[0][$index + 1] ?? '') === ':') {
                $name = 'n' . json_decode($token);
                $last = array_key_last($open);
                if (isset($open[$last][$name])) {
                    return true;
                }
                $open[$last][$name] = true;
            }
        }
        return false;
    }
}
