<?php

/*
 * The start of PHPUnit, in a WordPress of the tests.
 *
 * Owns: loading WordPress and what the tests share. Must not: test anything.
 */

declare(strict_types=1);

require __DIR__ . '/load.php';
require __DIR__ . '/Answer.php';
require __DIR__ . '/Visitor.php';
require __DIR__ . '/SiteCase.php';
require __DIR__ . '/QueriesCase.php';
