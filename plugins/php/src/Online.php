<?php

/*
 * `online`: a page begins to chat.
 *
 * Owns: the order of the steps, by which no message is lost:
 *
 * 1. log in, if the chat bar's own form asks for it
 * 2. find the messages that the user or the page has missed
 * 3. collect the contacts that the page must know: friends, open chats, senders of those messages, strangers on the
 *    page; and the rooms
 * 4. open a session at the message server, which queues all messages from now on; then do step 2 once more, for
 *    messages that came before
 * 5. set presence and show of every contact, also of those that are offline
 * 6. put the histories of open chats and of those senders into the answer
 * 7. only then note that the messages were handed over
 *
 * Must not: read the user's name from a parameter, but in step 1.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Online
{
    /** The version of older front ends, which know only two types of messages, and that of the chat bar. */
    private const OLD = '3';
    private const CURRENT = '6';

    private Person $me;
    private Known $known;
    private Circle $circle;
    private Missed $missed;
    /** @var list<Person> all users that the page must know */
    private array $contacts = [];
    /** @var list<Person> those whose history is wanted */
    private array $open = [];
    /** @var list<Room> */
    private array $rooms = [];
    /** @var list<string> the rooms whose messages the user wants */
    private array $openRooms = [];
    /** @var array{menu: list<array<string, mixed>>, channels: list<array<string, mixed>>} */
    private array $extras = ['menu' => [], 'channels' => []];

    /** @param \Closure(): ?Person $who whose log-in the page has, asked at the beginning and at the end */
    public function __construct(
        private readonly Site $site,
        private readonly Params $params,
        private readonly \Closure $who,
    ) {
    }

    /** Step 1: the user of the host's session, or of the chat bar's own form. */
    public function logIn(): ?Person
    {
        $host = $this->site->host;
        return $this->isForm()
            ? $host->logIn($this->params->text('username'), $this->params->get('password'))
            : ($this->who)();
    }

    private function isForm(): bool
    {
        return $this->site->config->logIn && $this->params->text('username') !== '';
    }

    public function online(?Person $me): Response
    {
        if ($me === null) {
            // A wrong name or password in the form is answered with 200, as older front ends expect it.
            return self::failed('Not Authorized', $this->isForm() ? 200 : 401);
        }
        $words = Person::isName($me->id) ? $this->site->host->may($me, 'chat') : Refusal::UNUSABLE;
        if ($words !== null) {
            // The paper's word is for older front ends, and the host's own for the bar.
            return self::failed('Forbidden', 200, ['error' => $words, 'status' => 403]);
        }
        try {
            return Response::json($this->begin($me));
        } catch (CallError $error) {
            $isKey = $error->kind === CallError::NOT_AUTHORIZED;
            return self::failed($isKey ? 'IM Server Not Authorized' : 'IM Server Not Found');
        }
    }

    /**
     * All that comes after the log-in. Fails with a CallError if the message server opens no session.
     *
     * @return array<string, mixed> the answer
     */
    public function begin(Person $me): array
    {
        $this->me = $me;
        $this->site->rates->act($this->me->id, 'online');
        $show = $this->params->short('show', Limits::SHOW_BYTES);
        $this->gather();
        $status = $this->params->clearable('status', Limits::STATUS_BYTES) ?? $this->known->status['text'];
        $this->site->tell->rest($this->known->endings);
        $session = $this->open($show, $status);
        try {
            $this->find();
            $answer = $this->answer($session, $show, $status);
            $this->handOver($session['ticket'], $show, $status);
            return $answer;
        } catch (\Throwable $error) {
            // No page has the ticket, so the session would end by itself; until then others would see the user online.
            $this->site->quietly(fn() => $this->site->records->removeTickets([Tickets::hash($session['ticket'])]));
            $this->site->quietly(fn() => $this->site->im->offline($session['ticket']));
            throw $error;
        }
    }

    /** @param array<string, mixed> $more */
    private static function failed(string $text, int $status = 200, array $more = []): Response
    {
        return Response::json(['success' => false, 'error_msg' => $text] + $more, $status);
    }

    /** Steps 2 and 3. */
    private function gather(): void
    {
        [$site, $me] = [$this->site, $this->me];
        $this->known = $site->records->known($me);
        $this->rooms = $site->rooms($me);
        $this->openRooms = Missed::openRooms($this->rooms, $this->known);
        $this->find();
        $senders = [];
        foreach ($this->missed->messages as $message) {
            if ($message->type === 'unicast') {
                $senders[] = $message->from === $me->id ? $message->to : $message->from;
            }
        }
        $open = [...$this->params->list('buddy_ids'), ...array_values(array_unique($senders))];
        $strangers = $this->params->list('stranger_ids');
        $named = array_values(array_unique([...$open, ...$strangers]));
        $this->circle = Circle::of($site, $me, $this->known, $named, Wanted::All);
        $others = $this->circle->others($me);
        $isOpen = fn(Person $other): bool
            => in_array($other->id, $open, true) || in_array($other->uid, $open, true);
        $this->open = array_values(array_filter($others, $isOpen));
        $isNew = fn(Person $other): bool => !$this->circle->isContact($other->id);
        $this->contacts = [...$this->circle->contacts, ...array_values(array_filter($others, $isNew))];
        $this->extras = $this->isOld() ? $this->extras : $site->host->extras($me);
    }

    private function find(): void
    {
        $this->missed = Missed::find($this->site, $this->me, $this->params, $this->openRooms, $this->known);
    }

    private function isOld(): bool
    {
        return $this->params->text('version') === self::OLD;
    }

    /** @return list<string> */
    private function channels(): array
    {
        return array_map(fn(array $channel): string => (string) $channel['id'], $this->extras['channels']);
    }

    /**
     * Step 4.
     *
     * @return array{ticket: string, server: string, buddies: array<array-key, array{show: string, status: string}>,
     *     rooms: array<array-key, int>, vapid: string}
     */
    private function open(string $show, string $status): array
    {
        return $this->site->im->online(
            $this->me,
            $this->circle->names($this->contacts),
            [...$this->openRooms, ...$this->channels()],
            $show,
            $status,
            $this->isOld() ? self::OLD : self::CURRENT,
            $this->expires(),
        );
    }

    /** The rest of the host's session, in seconds: no chat outlives it. */
    private function expires(): int
    {
        $rest = $this->me->expires === null
            ? Limits::EXPIRES_MAX_S
            : intdiv($this->me->expires - $this->site->config->now(), 1000);
        return max(Limits::EXPIRES_MIN_S, min(Limits::EXPIRES_MAX_S, $rest));
    }

    /**
     * Steps 5 and 6.
     *
     * @param array{ticket: string, server: string, buddies: array<array-key, array{show: string, status: string}>,
     *     rooms: array<array-key, int>, vapid: string} $session
     * @return array<string, mixed>
     */
    private function answer(array $session, string $show, string $status): array
    {
        $config = $this->site->config;
        $buddies = $this->circle->describe($this->contacts, $session['buddies']);
        $histories = $this->histories();
        foreach ($buddies as $index => $buddy) {
            $history = $histories["unicast {$buddy['id']}"] ?? null;
            $buddies[$index] += $history === null ? [] : ['history' => $history];
        }
        $online = array_filter($buddies, fn(array $buddy): bool => $buddy['presence'] === 'online');
        $myself = ['show' => $show === '' ? 'available' : $show, 'status' => $status];
        $vapid = $session['vapid'] === '' ? [] : ['vapid' => $session['vapid']];
        return [
            'success' => true,
            'server_time' => $config->now(),
            'user' => Shapes::buddy($config, $this->me, '', $myself, $this->known->status),
            'connection' => ['ticket' => $session['ticket'], 'domain' => $config->domain,
                'server' => $this->pollUrl($session['server'])] + $vapid,
            'buddies' => $buddies,
            'buddy_online_ids' => implode(',', array_column($online, 'id')),
            'rooms' => $this->describeRooms($session['rooms'], $histories),
            'histories' => self::byId($histories),
            ...$this->missed->answer($this->me),
            'setting' => Settings::shown($this->known),
            'menu' => $this->linked($this->extras['menu']),
            'channels' => $this->linked($this->extras['channels']),
        ];
    }

    private function pollUrl(string $announced): string
    {
        $config = $this->site->config;
        return $config->publicUrl === '' && $announced !== '' ? $announced : $config->publicUrl() . '/packets';
    }

    /** @return array<string, list<array<string, mixed>>> the histories of open chats, by type and id */
    private function histories(): array
    {
        $talks = array_map(fn(Person $other): array => ['unicast', $other->id], $this->open);
        foreach (array_intersect($this->params->list('room_ids'), $this->openRooms) as $room) {
            $talks[] = ['multicast', $room];
        }
        $read = $this->site->archive->histories($this->me->id, $talks, PHP_INT_MAX, Limits::HISTORY);
        $found = [];
        foreach ($talks as [$type, $id]) {
            $found["$type $id"] = Shapes::lines($read["$type $id"] ?? [], $this->me->id);
        }
        return $found;
    }

    /** @param array<string, list<array<string, mixed>>> $histories */
    private static function byId(array $histories): object
    {
        $found = new \stdClass();
        foreach ($histories as $name => $lines) {
            $found->{explode(' ', $name, 2)[1]} = $lines;
        }
        return $found;
    }

    /**
     * All rooms of the user. Those that the user does not want are marked, so that the user can join them again.
     *
     * @param array<array-key, int> $counts
     * @param array<string, list<array<string, mixed>>> $histories
     */
    private function describeRooms(array $counts, array $histories): object
    {
        $found = new \stdClass();
        foreach ($this->rooms as $room) {
            $blocked = in_array($room->id, $this->known->blockedRooms, true);
            $shown = Shapes::room($this->site->config, $room, $counts[$room->id] ?? 0, $blocked);
            $history = $histories["multicast $room->id"] ?? null;
            $found->{$room->id} = $history === null ? $shown : [...$shown, 'history' => $history];
        }
        return $found;
    }

    /**
     * @param list<array<string, mixed>> $entries
     * @return list<array<string, mixed>>
     */
    private function linked(array $entries): array
    {
        $link = fn(array $entry): array => isset($entry['url'])
            ? [...$entry, 'url' => $this->site->config->link((string) $entry['url'])]
            : $entry;
        return array_map($link, $entries);
    }

    /**
     * Step 7, and what else is kept of this page. Rights that the user lost while the message server was called are
     * taken from the session, which was opened with them. The ticket is kept before the last look: a log-out that comes
     * after that look finds it.
     */
    private function handOver(string $ticket, string $show, string $status): void
    {
        [$site, $me] = [$this->site, $this->me];
        $site->records->addTicket($me, $ticket, $site->config->now());
        $now = $this->isForm() ? $me : ($this->who)();
        if ($now === null || $now->id !== $me->id) {
            throw new Refusal(401, 'You are not logged in any more.');
        }
        $site->mustMay($now, 'chat');
        $known = $site->records->known($me);
        if ($show !== Presence::INVISIBLE && $status !== $this->known->status['text']) {
            $site->records->setStatus($me->id, $status, $site->config->now());
        }
        $this->takeRights($known);
        $this->endOldest($known);
        // Last: what fails before this leaves the messages where they are.
        $site->archive->setReceived($me->id, $this->missed->messages, $show !== Presence::INVISIBLE);
    }

    private function takeRights(Known $known): void
    {
        [$site, $me] = [$this->site, $this->me];
        $rooms = Missed::openRooms($site->rooms($me), $known);
        foreach (array_diff($this->openRooms, $rooms) as $left) {
            $site->quietly(fn() => $site->im->leave(['name' => $me->id], $me->nick, $left));
        }
        $circle = Circle::ofBlocks($site, $me, $known);
        foreach ($this->circle->names($this->contacts) as $id) {
            if ($circle->isApart($id)) {
                $site->quietly(fn() => $site->im->unlink($me->id, $id));
            }
        }
    }

    /** Ends the oldest sessions of a log-in that has too many. */
    private function endOldest(Known $known): void
    {
        $tickets = $known->tickets;
        usort($tickets, fn(array $a, array $b): int => $b['used'] <=> $a['used']);
        $oldest = array_slice($tickets, Limits::TICKETS);
        $this->site->records->removeTickets(array_column($oldest, 'hash'));
        foreach ($oldest as ['hash' => $hash, 'sealed' => $sealed]) {
            $ticket = Tickets::open($this->me->session, $hash, $sealed);
            if ($ticket !== null) {
                $this->site->quietly(fn() => $this->site->im->offline($ticket));
            }
        }
    }
}
