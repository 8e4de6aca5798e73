<?php

/*
 * How many queries an endpoint asks of the database of a site without friendships: all members are contacts.
 *
 * Owns: which site that is. Must not: count.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

final class MembersQueriesTest extends QueriesCase
{
    protected function setUp(): void
    {
        parent::setUp();
        update_option('world_inactive', ['friends']);
    }

    protected function tearDown(): void
    {
        delete_option('world_inactive');
        parent::tearDown();
    }
}
