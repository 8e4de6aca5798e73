<?php

/*
 * An answer.
 *
 * Owns: how values become JSON. Must not: send anything; the host does.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Response
{
    private const FLAGS = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_HEX_TAG | JSON_PRESERVE_ZERO_FRACTION
        | JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR;

    /** @param list<array{string, string}> $headers names and values; a name may stand twice */
    public function __construct(
        public readonly int $status,
        public readonly string $type,
        public readonly string $body,
        public readonly array $headers = [],
    ) {
    }

    public static function json(mixed $value, int $status = 200): self
    {
        return new self($status, 'application/json', self::encode($value));
    }

    public static function encode(mixed $value): string
    {
        return json_encode($value, self::FLAGS);
    }

    /** The same with one more header. */
    public function with(string $name, string $value): self
    {
        return new self($this->status, $this->type, $this->body, [...$this->headers, [$name, $value]]);
    }

    /** The first header of this name. */
    public function header(string $name): ?string
    {
        foreach ($this->headers as [$known, $value]) {
            if (strcasecmp($known, $name) === 0) {
                return $value;
            }
        }
        return null;
    }
}
