<?php

/*
 * A connection whose next statements fail as if another transaction had been in the way.
 *
 * Owns: how many. Must not: change what the others do.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use PDO;
use PDOException;
use PDOStatement;

final class ConflictingPdo extends PDO
{
    public int $conflicts = 0;
    public string $state = '40001';

    public function prepare(string $query, array $options = []): PDOStatement|false
    {
        if ($this->conflicts > 0) {
            $this->conflicts--;
            $error = new PDOException('it was undone');
            $error->errorInfo = [$this->state, 0, 'it was undone'];
            throw $error;
        }
        return parent::prepare($query, $options);
    }
}
