<?php

/*
 * The parameters of the chat bar.
 *
 * Owns: reading them in the forms in which front ends send them. Must not: read the user's name from one; the host
 * names the user.
 *
 * Front ends in the field send the words `undefined` and `null` for a value that is missing. Only the body of a message
 * may be one of these words.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Params
{
    /** @param array<array-key, string> $values */
    private function __construct(private readonly array $values)
    {
    }

    /** Reads forms. PHP itself would change the names, and hosts add slashes to values. The first value counts. */
    public static function read(string ...$forms): self
    {
        $values = [];
        foreach ($forms as $form) {
            foreach (explode('&', $form) as $pair) {
                [$name, $value] = explode('=', $pair, 2) + [1 => ''];
                $values += [urldecode($name) => urldecode($value)];
            }
        }
        return new self($values);
    }

    /** The fields of an object that are texts or numbers, and `meta` as JSON; others count as missing. */
    public static function ofJson(\stdClass $fields): self
    {
        $values = [];
        foreach (get_object_vars($fields) as $name => $value) {
            $text = match (true) {
                is_string($value) => $value,
                is_int($value) => (string) $value,
                $name === 'meta' && $value instanceof \stdClass => Response::encode($value),
                default => null,
            };
            $values += $text === null ? [] : [$name => $text];
        }
        return new self($values);
    }

    /** A parameter as it was sent; an empty text if it was not. */
    public function get(string $name): string
    {
        return $this->values[$name] ?? '';
    }

    public function has(string $name): bool
    {
        return isset($this->values[$name]);
    }

    /** A parameter without white space around it; an empty text if it is missing. */
    public function text(string $name): string
    {
        $sent = $this->get($name);
        if (!mb_check_encoding($sent, 'UTF-8') || str_contains($sent, "\0")) {
            throw Refusal::bad("bad parameter: $name");
        }
        $text = self::trimmed($sent);
        return self::isNothing($text) ? '' : $text;
    }

    /** A parameter that must be there. */
    public function required(string $name): string
    {
        $text = $this->text($name);
        return $text === '' ? throw Refusal::bad("missing parameter: $name") : $text;
    }

    /** A parameter of at most this many bytes. */
    public function short(string $name, int $bytesMax): string
    {
        $text = $this->text($name);
        return strlen($text) > $bytesMax ? throw Refusal::bad("bad parameter: $name") : $text;
    }

    /** A text that may be cleared: an empty one clears it; null, if it is missing, leaves it as it was. */
    public function clearable(string $name, int $bytesMax): ?string
    {
        $text = $this->short($name, $bytesMax);
        $isCleared = $this->has($name) && self::trimmed($this->get($name)) === '';
        return $text !== '' || $isCleared ? $text : null;
    }

    /** @return list<string> the entries of a list with commas, each once */
    public function list(string $name): array
    {
        $found = [];
        foreach (explode(',', mb_scrub($this->get($name), 'UTF-8')) as $entry) {
            $entry = self::trimmed($entry);
            if (count($found) < Limits::IDS && !self::isNothing($entry) && !in_array($entry, $found, true)) {
                $found[] = $entry;
            }
        }
        return $found;
    }

    public static function trimmed(string $text): string
    {
        return preg_replace('/^[\s\p{Z}]+|[\s\p{Z}]+$/u', '', $text) ?? '';
    }

    private static function isNothing(string $text): bool
    {
        return $text === '' || $text === 'undefined' || $text === 'null';
    }
}
