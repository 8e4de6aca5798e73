<?php

/*
 * How many queries an endpoint asks of the database of a site with friends and groups in the tables of BuddyPress.
 *
 * Owns: which site that is. Must not: count.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class FriendsQueriesTest extends QueriesCase
{
}
