<?php

/*
 * A request that is refused, in words for the user.
 *
 * Owns: the status and the text. Must not: hold what the request has said.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Refusal extends \RuntimeException
{
    public const UNUSABLE = 'Your name cannot be used in the chat.';

    public function __construct(public readonly int $status, string $text)
    {
        parent::__construct($text);
    }

    public static function bad(string $text): self
    {
        return new self(400, $text);
    }

    public static function logInFirst(): self
    {
        return new self(401, 'Please log in first.');
    }

    public static function forbidden(string $text): self
    {
        return new self(403, $text);
    }

    public static function notFound(string $text): self
    {
        return new self(404, $text);
    }

    public static function noSuchUser(): self
    {
        return self::notFound('There is no such user.');
    }

    public static function noSuchRoom(): self
    {
        return self::notFound('There is no such group among yours.');
    }

    public static function tooMany(string $text): self
    {
        return new self(429, $text);
    }

    public static function unavailable(string $text = 'The chat cannot be reached at the moment.'): self
    {
        return new self(503, $text);
    }
}
