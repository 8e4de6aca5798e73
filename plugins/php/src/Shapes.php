<?php

/*
 * The JSON that the chat bar expects.
 *
 * Owns: the shapes of users, rooms and messages. Must not: query or call anything; all values are given.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Shapes
{
    /**
     * A user in this contact group; `presence` is null for a user who is offline or must look so.
     *
     * @param ?array{show: string, status: string} $presence
     * @param ?array{text: string, time: int} $kept the last line of text that the user has written in the bar
     * @return array<string, mixed>
     */
    public static function buddy(Config $config, Person $user, string $group, ?array $presence, ?array $kept): array
    {
        return [
            'id' => $user->id,
            'uid' => $user->uid,
            'nick' => $user->nick,
            // Older front ends take a missing presence for `online`.
            'presence' => $presence === null ? 'offline' : 'online',
            'show' => $presence === null ? 'unavailable' : $presence['show'],
            'status' => $presence['status'] ?? $kept['text'] ?? $user->status,
            'status_time' => ($kept['time'] ?? 0) > 0 ? gmdate('H:i', intdiv($kept['time'], 1000)) : '',
            'group' => $group,
            'url' => $config->link($user->url),
            'pic_url' => $config->link($user->picUrl),
            'default_pic_url' => $config->link($config->userPic),
        ];
    }

    /**
     * A room with this many members online.
     *
     * @return array<string, mixed>
     */
    public static function room(Config $config, Room $room, int $count, bool $blocked): array
    {
        return [
            'id' => $room->id,
            'nick' => $room->nick,
            'url' => $config->link($room->url),
            'pic_url' => $config->link($room->picUrl),
            'default_pic_url' => $config->link($config->roomPic),
            'count' => $count,
            'all_count' => $room->members,
            'blocked' => $blocked,
        ];
    }

    /**
     * A message for this reader. What only the sender's pages may know is left out for others.
     *
     * @return array<string, mixed>
     */
    public static function line(Message $message, string $reader): array
    {
        $line = [
            'id' => (string) $message->id,
            'from' => $message->from,
            'nick' => $message->nick,
            'to' => $message->to,
            'timestamp' => $message->time,
            'type' => $message->type,
            'body' => $message->body,
            'style' => $message->style,
        ];
        if ($message->from === $reader) {
            $line += $message->cid === null ? [] : ['cid' => $message->cid];
            $line += $message->type === 'unicast' ? ['arrived' => $message->arrived] : [];
        }
        $line += $message->meta === null ? [] : ['meta' => json_decode($message->meta)];
        $line += $message->rev === 0 ? [] : ['rev' => $message->rev];
        $line += $message->edited ? ['edited' => true] : [];
        return $line + ($message->deleted ? ['deleted' => true] : []);
    }

    /**
     * @param list<Message> $messages
     * @return list<array<string, mixed>>
     */
    public static function lines(array $messages, string $reader): array
    {
        return array_map(fn(Message $message): array => self::line($message, $reader), $messages);
    }
}
