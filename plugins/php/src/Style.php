<?php

/*
 * The style of a message.
 *
 * Owns: the declarations that are allowed, value by value. Others are left out, and the message is sent without them.
 * Must not: refuse.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Style
{
    /** Sizes of letters by unit; larger letters would cover other messages. */
    private const SIZES = ['px' => [8, 36], 'pt' => [6, 28], 'em' => [0.5, 2.5], '%' => [50, 250]];
    private const SIZE_WORDS = '/^(xx-small|x-small|small|medium|large|x-large|xx-large|smaller|larger)$/D';
    private const WORDS = [
        'color' => '/^(#[0-9a-f]{3}|#[0-9a-f]{6}|[a-z]{3,20})$/D',
        'font-weight' => '/^(normal|bold|bolder|lighter|[1-9]00)$/D',
        'font-style' => '/^(normal|italic|oblique)$/D',
        'text-decoration' => '/^(none|(underline|overline|line-through)( (underline|overline|line-through))*)$/D',
    ];

    /** The allowed declarations of a style. */
    public static function allowed(string $style): string
    {
        if (strlen($style) > Limits::STYLE_BYTES) {
            return '';
        }
        $kept = '';
        foreach (explode(';', strtolower($style)) as $declaration) {
            [$property, $value] = array_map(trim(...), explode(':', $declaration, 2) + [1 => '']);
            $kept .= self::isAllowed($property, $value) ? "$property:$value;" : '';
        }
        return $kept;
    }

    private static function isAllowed(string $property, string $value): bool
    {
        $isWord = isset(self::WORDS[$property]) && preg_match(self::WORDS[$property], $value) === 1;
        return $isWord || match ($property) {
            'color' => self::isRgb($value),
            'font-size' => preg_match(self::SIZE_WORDS, $value) === 1 || self::isSize($value),
            default => false,
        };
    }

    private static function isRgb(string $value): bool
    {
        if (preg_match('/^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/D', $value, $parts) !== 1) {
            return false;
        }
        return max((int) $parts[1], (int) $parts[2], (int) $parts[3]) <= 255;
    }

    private static function isSize(string $value): bool
    {
        if (preg_match('/^(\d+\.?\d*|\.\d+)(px|pt|em|%)$/D', $value, $parts) !== 1) {
            return false;
        }
        [$least, $most] = self::SIZES[$parts[2]];
        return (float) $parts[1] >= $least && (float) $parts[1] <= $most;
    }
}
