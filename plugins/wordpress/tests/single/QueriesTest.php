<?php

/*
 * How many queries an endpoint asks of the database of a site whose plugin has its own friends and rooms.
 *
 * Owns: which site that is. Must not: count.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class QueriesTest extends QueriesCase
{
}
