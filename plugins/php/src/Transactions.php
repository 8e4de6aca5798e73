<?php

/*
 * Transactions of a connection.
 *
 * Owns: their begin, their end, and that what a conflict has undone is done again. Must not: know the connection.
 */

declare(strict_types=1);

namespace NextIM\Site;

trait Transactions
{
    private int $depth = 0;

    public function atomic(callable $what): mixed
    {
        return $this->isInside() ? $what() : DbError::retried(fn(): mixed => $this->transaction($what));
    }

    /** Carries out a statement without values. */
    abstract protected function command(string $sql): void;

    /** Whether a transaction has begun that another one ends. */
    protected function isInside(): bool
    {
        return $this->depth > 0;
    }

    /**
     * A statement. Outside of a transaction it is one by itself.
     *
     * @template T
     * @param callable(): T $what
     * @return T
     */
    private function guarded(callable $what): mixed
    {
        return $this->isInside() ? $what() : DbError::retried($what);
    }

    /**
     * @template T
     * @param callable(): T $what
     * @return T
     */
    private function transaction(callable $what): mixed
    {
        // SQLite: a transaction that begins by reading may fail when it writes, so this one begins by writing.
        $this->command($this->dialect() === 'sqlite' ? 'BEGIN IMMEDIATE' : 'START TRANSACTION');
        $this->depth++;
        try {
            $result = $what();
            $this->command('COMMIT');
            return $result;
        } catch (\Throwable $error) {
            try {
                $this->command('ROLLBACK');
            } catch (DbError) {
                // The first error is the one to tell.
            }
            throw $error;
        } finally {
            $this->depth--;
        }
    }
}
