<?php

/*
 * The plugin's words in the language of the forum.
 *
 * Owns: how a word is found. Must not: hold words: they are in the files `discuz_plugin_nextim*.xml`.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

final class Words
{
    /** @param array<string, string> $values what stands for `{name}` in the text */
    public static function of(string $name, array $values = []): string
    {
        return (string) lang('plugin/nextim', $name, $values);
    }

    /** The language of the bar: `en`, `zh-CN` or `zh-TW`. */
    public static function language(): string
    {
        $language = self::of('language');
        return in_array($language, ['en', 'zh-CN', 'zh-TW'], true) ? $language : '';
    }
}
