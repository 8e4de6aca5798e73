<?php

/*
 * Tests of WordPress's connection as the kit uses it.
 *
 * Owns: what differs from a plain connection. Must not: test the kit's statements.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

use NextIM\WordPress\WpDb;

final class WpDbTest extends SiteCase
{
    public function testATransactionIsTriedAgainAfterAConflict(): void
    {
        global $wpdb;
        $db = new WpDb($wpdb, $wpdb->base_prefix);
        $tries = 0;
        $done = $db->atomic(function () use ($db, &$tries): string {
            if (++$tries < 3) {
                $db->run("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213");
            }
            return 'done';
        });
        self::assertSame(['done', 3], [$done, $tries]);
    }
}
