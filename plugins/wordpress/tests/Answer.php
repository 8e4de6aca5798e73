<?php

/*
 * An answer of the site.
 *
 * Owns: its parts. Must not: ask again.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class Answer
{
    /** @param list<string> $cookies the values of `Set-Cookie` */
    public function __construct(
        public readonly int $status,
        public readonly string $body,
        public readonly array $cookies,
        public readonly string $location,
    ) {
    }

    public function json(): mixed
    {
        return json_decode($this->body, true);
    }

    /** The first part of the body that matches this pattern's group. */
    public function find(string $pattern): ?string
    {
        return preg_match($pattern, $this->body, $found) === 1 ? $found[1] : null;
    }

    /** The tag of the bar's script. */
    public function tag(): ?string
    {
        return $this->find('~(<script[^>]+webim\.js"[^>]*></script>)~');
    }

    /** The `Set-Cookie` of this name. */
    public function cookie(string $name): ?string
    {
        $is = fn(string $cookie): bool => str_starts_with($cookie, "$name=");
        return array_values(array_filter($this->cookies, $is))[0] ?? null;
    }
}
