<?php

/*
 * A room of the chat: a group of the site.
 *
 * Owns: the values that cross from the host. Must not: be changed.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Room
{
    /** @param int $members how many members it has, online or not */
    public function __construct(
        public readonly string $id,
        public readonly string $nick,
        public readonly int $members = 0,
        public readonly string $url = '',
        public readonly string $picUrl = '',
    ) {
    }
}
