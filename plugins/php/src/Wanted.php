<?php

/*
 * Which contacts of a user a request needs.
 *
 * Owns: the three answers. Must not: ask anybody.
 */

declare(strict_types=1);

namespace NextIM\Site;

enum Wanted
{
    case Nobody;
    /** Those among the users that the request names. */
    case Those;
    case All;
}
