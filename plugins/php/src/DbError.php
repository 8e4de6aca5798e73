<?php

/*
 * The database has failed.
 *
 * Owns: that what a driver says becomes one kind of error, and which errors a second try mends. Must not: be shown to
 * users.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class DbError extends \RuntimeException
{
    /** How often a statement or a transaction is tried before a conflict is an error. */
    private const TRIES = 5;

    /**
     * @param bool $isConflict whether the database has undone the statement, or the whole transaction, because it and
     *     another one waited for each other
     */
    public function __construct(string $text, public readonly bool $isConflict = false, ?\Throwable $previous = null)
    {
        parent::__construct(self::withoutValues($text), 0, $previous);
    }

    /** Some drivers quote what was to be stored, and this stands in logs. PostgreSQL has it in further lines. */
    private static function withoutValues(string $text): string
    {
        return (string) preg_replace(['/\n.*/s', '/\'.*\'/s', '/".*"/s'], ['', "'…'", '"…"'], $text);
    }

    /**
     * Does it once more after a conflict: the other transaction then has what it waited for. Only for what the conflict
     * has undone as a whole: a transaction, or a statement outside of one.
     *
     * @template T
     * @param callable(): T $what
     * @return T
     */
    public static function retried(callable $what): mixed
    {
        for ($left = self::TRIES - 1;; $left--) {
            try {
                return $what();
            } catch (DbError $error) {
                if (!$error->isConflict || $left === 0) {
                    throw $error;
                }
            }
        }
    }
}
