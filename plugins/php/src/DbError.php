<?php

/*
 * The database has failed.
 *
 * Owns: that what a driver says becomes one kind of error. Must not: be shown to users.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class DbError extends \RuntimeException
{
}
