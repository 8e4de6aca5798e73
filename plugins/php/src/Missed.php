<?php

/*
 * `missed`, and the missed messages of `online`: the messages that a page has not seen.
 *
 * Owns: their choice and order, the oldest first: a page then asks for the messages after the last one it has. Must
 * not: mark a message as received that is not in the answer.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Missed
{
    /** @param list<Message> $messages */
    private function __construct(
        public readonly array $messages,
        private readonly ?int $since,
        private readonly ?int $more,
        private readonly bool $hasGap,
    ) {
    }

    /**
     * The undelivered messages and, for a page that names the last message it has seen, all after that.
     *
     * @param list<string> $rooms the rooms whose messages the user wants
     */
    public static function find(Site $site, Person $me, Params $params, array $rooms, Known $known): self
    {
        $text = $params->text('since');
        $since = preg_match('/^\d{1,18}$/D', $text) === 1 ? (int) $text : null;
        [$messages, $more] = $site->archive->missed($me->id, $rooms, $since);
        return new self($messages, $since, $more, $since !== null && $since < $known->pruned);
    }

    /** @return array<string, mixed> the messages as JSON, and whether there are more or some are gone */
    public function answer(Person $me): array
    {
        $lines = [];
        foreach ($this->messages as $message) {
            $line = Shapes::line($message, $me->id);
            $lines[] = $this->isNew($message, $me) ? [...$line, 'new' => true] : $line;
        }
        $answer = ['new_messages' => $lines] + ($this->more === null ? [] : ['more' => (string) $this->more]);
        return $answer + ($this->hasGap ? ['gap' => true] : []);
    }

    /**
     * Whether a message is new to the user, and not only a repetition. A message to this user alone is new if it
     * waited: a delivered one was on another page. Only the page knows whether a message to a room or to everybody was
     * seen: it is new if it came after `since`.
     */
    private function isNew(Message $message, Person $me): bool
    {
        $isUnseen = $message->type === 'unicast'
            ? !$message->delivered
            : $this->since !== null && $message->id > $this->since;
        return $message->from !== $me->id && $isUnseen;
    }

    /** `missed`: the messages after the last one that the page has. */
    public static function missed(Site $site, Person $me, Params $params): Response
    {
        if (preg_match('/^\d{1,18}$/D', $params->required('since')) !== 1) {
            throw Refusal::bad('bad parameter: since');
        }
        $known = $site->records->known($me);
        $found = self::find($site, $me, $params, self::openRooms($site->rooms($me), $known), $known);
        $answer = Response::json($found->answer($me));
        $site->archive->setReceived($me->id, $found->messages, false);
        return $answer;
    }

    /**
     * The ids of the rooms whose messages a user wants.
     *
     * @param list<Room> $rooms
     * @return list<string>
     */
    public static function openRooms(array $rooms, Known $known): array
    {
        $ids = array_map(fn(Room $room): string => $room->id, array_slice($rooms, 0, Limits::SESSION_ROOMS));
        return array_values(array_diff($ids, $known->blockedRooms));
    }
}
