<?php

/*
 * A call of the message server that failed.
 *
 * Owns: why. Must not: hold what was sent.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class CallError extends \RuntimeException
{
    /** It cannot be reached, or its answer is late or no answer of a message server. */
    public const UNREACHABLE = 0;
    /** The domain or the apikey is wrong. */
    public const NOT_AUTHORIZED = 401;
    /** The ticket's session has ended, or no user of that name is online. */
    public const NO_SESSION = 404;

    /** @param int $kind one of the above, or the status with which the server has refused */
    public function __construct(public readonly int $kind, string $text)
    {
        parent::__construct($text);
    }

    /** Whether the server could not answer: others need not wait for it now. */
    public function isOutage(): bool
    {
        return $this->kind === self::UNREACHABLE || $this->kind >= 500;
    }
}
