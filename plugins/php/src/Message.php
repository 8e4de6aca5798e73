<?php

/*
 * A message in the archive.
 *
 * Owns: its values. Must not: be changed.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Message
{
    /**
     * @param string $type `unicast`, `multicast` or `broadcast`
     * @param string $nick the sender's, at that time
     * @param string $to the id of a user or of a room; empty for a broadcast
     * @param int $time when it was accepted, in ms
     * @param ?string $cid the id that the sender's page gave it
     * @param ?string $meta a JSON object
     * @param bool $delivered whether it was handed to a page of its receiver
     * @param bool $arrived whether that page's user was visible
     */
    public function __construct(
        public readonly int $id,
        public readonly string $type,
        public readonly string $from,
        public readonly string $nick,
        public readonly string $to,
        public readonly string $body,
        public readonly string $style,
        public readonly int $time,
        public readonly ?string $cid = null,
        public readonly ?string $meta = null,
        public readonly bool $delivered = false,
        public readonly bool $arrived = false,
        public readonly int $rev = 0,
        public readonly bool $edited = false,
        public readonly bool $deleted = false,
    ) {
    }

    /** The same with other values. @param array<string, int|bool> $values */
    public function with(array $values): self
    {
        return new self(...$values + get_object_vars($this));
    }

    /** @param array<string, int|string|null> $row */
    public static function of(array $row): self
    {
        return new self(
            (int) $row['id'],
            (string) $row['type'],
            (string) $row['from'],
            (string) $row['nick'],
            (string) $row['to'],
            (string) $row['body'],
            (string) $row['style'],
            (int) $row['time'],
            isset($row['cid']) ? (string) $row['cid'] : null,
            isset($row['meta']) ? (string) $row['meta'] : null,
            (bool) (int) $row['delivered'],
            (bool) (int) $row['arrived'],
            (int) $row['rev'],
            (bool) (int) $row['edited'],
            (bool) (int) $row['deleted'],
        );
    }
}
