<?php

/*
 * The translations.
 *
 * Owns: that each word of the sources has both, and no other is there. Must not: judge them.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

use PHPUnit\Framework\TestCase;

final class WordsTest extends TestCase
{
    private const FUNCTIONS = ['__', 'esc_html__', 'esc_attr__', '_e', 'esc_html_e'];

    /** @dataProvider languages */
    public function testAllWordsAreTranslated(string $language): void
    {
        $translated = self::translated(dirname(__DIR__, 2) . "/languages/nextim-$language.po");
        $words = [];
        foreach (glob(dirname(__DIR__, 2) . '/{src/,}*.php', GLOB_BRACE) ?: [] as $file) {
            $words = [...$words, ...self::words((string) file_get_contents($file))];
        }
        self::assertGreaterThan(40, count($words));
        self::assertSame([], array_values(array_diff($words, array_keys(array_filter($translated)))), 'not translated');
        self::assertSame([], array_values(array_diff(array_keys($translated), $words, [''])), 'not in the sources');
        foreach ($translated as $source => $translation) {
            self::assertSame(self::places($source), self::places($translation), $source);
        }
    }

    /** @return list<array{string}> */
    public static function languages(): array
    {
        return [['zh_CN'], ['zh_TW']];
    }

    /** @return list<string> the first arguments of the functions that translate */
    private static function words(string $source): array
    {
        $tokens = array_values(array_filter(
            \PhpToken::tokenize($source),
            fn(\PhpToken $token): bool => !$token->isIgnorable(),
        ));
        $words = [];
        foreach ($tokens as $index => $token) {
            if ($token->is(self::FUNCTIONS) && $tokens[$index + 1]->is('(')) {
                $text = '';
                for ($at = $index + 2; !$tokens[$at]->is([',', ')']); $at++) {
                    $text .= $tokens[$at]->is(T_CONSTANT_ENCAPSED_STRING)
                        ? strtr(substr($tokens[$at]->text, 1, -1), ["\\'" => "'", '\\\\' => '\\'])
                        : '';
                }
                $words[] = $text;
            }
        }
        return $words;
    }

    /** @return array<string, string> */
    private static function translated(string $file): array
    {
        $text = (string) file_get_contents($file);
        preg_match_all('~^msgid ((?:".*"\n)+)msgstr ((?:".*"\n?)+)~m', $text, $found, PREG_SET_ORDER);
        $plain = fn(string $part): string => stripcslashes(preg_replace('~^"|"$|\n~m', '', $part) ?? '');
        $all = [];
        foreach ($found as [, $source, $translation]) {
            self::assertArrayNotHasKey($plain($source), $all, 'twice');
            $all[$plain($source)] = $plain($translation);
        }
        return $all;
    }

    /** @return list<string> the placeholders in a text, sorted */
    private static function places(string $text): array
    {
        preg_match_all('~%(?:\d\$)?[sd]~', $text, $found);
        sort($found[0]);
        return $found[0];
    }
}
