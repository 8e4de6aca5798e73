<?php

/*
 * `setting`: the settings of a user's chat bar.
 *
 * Owns: the list of settings, and the values each may have. Must not: keep a setting that is not on the list.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Settings
{
    private const FLAGS = ['play_sound', 'buddy_sticky', 'minimize_layout', 'msg_auto_pop', 'desktop_notify'];
    private const WORDS = ['theme' => ['auto', 'light', 'dark'], 'lang' => ['', 'en', 'zh-CN', 'zh-TW']];
    private const PERCENTS = ['opacity' => [50, 100], 'zoom' => [80, 150]];
    private const BLOCKED_ROOMS = 'blocked_rooms';

    /** `data` is all settings as JSON; by the specification, each may also be a parameter of its own. */
    public static function setting(Site $site, Person $me, Params $params): Response
    {
        [$values, $rooms] = [[], null];
        foreach (self::given($params) as $name => $value) {
            if ($name === self::BLOCKED_ROOMS) {
                $rooms = self::rooms($value) ?? $rooms;
                continue;
            }
            $checked = self::checked((string) $name, $value);
            $values += $checked === null ? [] : [(string) $name => $checked];
        }
        $site->records->set($me->id, $values, $rooms);
        return Response::json('ok');
    }

    /** The settings as the bar expects them. */
    public static function shown(Known $known): object
    {
        return (object) ($known->settings + [self::BLOCKED_ROOMS => $known->blockedRooms]);
    }

    /** @return array<array-key, mixed> */
    private static function given(Params $params): array
    {
        $data = $params->text('data');
        if ($data !== '') {
            $given = strlen($data) <= Limits::SETTINGS_BYTES ? json_decode($data) : null;
            return $given instanceof \stdClass ? (array) $given : throw Refusal::bad('bad parameter: data');
        }
        $names = [...self::FLAGS, ...array_keys(self::WORDS), ...array_keys(self::PERCENTS), self::BLOCKED_ROOMS];
        $sent = array_filter($names, fn(string $name): bool => $params->has($name));
        return array_combine($sent, array_map(fn(string $name): string => $params->get($name), $sent));
    }

    /** The value of a setting, if there is such a setting and it may have this value; else null. */
    public static function checked(string $name, mixed $value): bool|string|int|null
    {
        if (in_array($name, self::FLAGS, true)) {
            return self::flag($value);
        }
        if (isset(self::WORDS[$name])) {
            return is_string($value) && in_array($value, self::WORDS[$name], true) ? $value : null;
        }
        [$least, $most] = self::PERCENTS[$name] ?? [1, 0];
        $number = is_string($value) && preg_match('/^\d{1,3}$/D', $value) === 1 ? (int) $value : $value;
        return is_int($number) && $number >= $least && $number <= $most ? $number : null;
    }

    /** A flag, in the forms in which front ends write one. */
    private static function flag(mixed $value): ?bool
    {
        return match (true) {
            is_bool($value) => $value,
            is_int($value) => $value !== 0,
            is_string($value) => match (strtolower($value)) {
                'true', '1' => true,
                'false', '0', '' => false,
                default => null,
            },
            default => null,
        };
    }

    /**
     * Ids of rooms: a list, or a text with commas.
     *
     * @return ?list<string>
     */
    public static function rooms(mixed $value): ?array
    {
        $ids = match (true) {
            is_array($value) => array_filter($value, fn(mixed $id): bool => is_int($id) || is_string($id)),
            is_string($value) => explode(',', $value),
            $value === null => [],
            default => null,
        };
        if ($ids === null) {
            return null;
        }
        $names = array_filter(array_map(fn(int|string $id): string => trim((string) $id), $ids), Person::isName(...));
        return array_slice(array_values(array_unique($names)), 0, Limits::IDS);
    }
}
