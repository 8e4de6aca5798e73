<?php

/*
 * `history`, `clear_history` and `download_history`: the messages of a conversation.
 *
 * Owns: which histories a user may read, and the file of a history. Must not: call the message server.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class History
{
    /** `history`: the last messages, or the last before a time. Of several conversations, an object. */
    public static function history(Site $site, Person $me, Params $params): Response
    {
        $sent = $params->text('before');
        $before = preg_match('/^\d{1,18}$/D', $sent) === 1 ? (int) $sent : PHP_INT_MAX;
        $ids = $params->list('ids');
        $isOne = $params->text('id') !== '' || $ids === [];
        $wanted = $isOne ? [$params->required('id')] : array_slice($ids, 0, Limits::HISTORIES);
        [$type, $others] = self::partners($site, $me, $params, $wanted);
        $talks = [];
        foreach ($others as $other) {
            // A user may be named twice, by id and by uid.
            $talks["i$other->id"] = [$type, $other->id];
        }
        $read = $site->archive->histories($me->id, array_values($talks), $before, Limits::HISTORY);
        $found = new \stdClass();
        foreach ($others as $index => $other) {
            $found->{$wanted[$index]} = Shapes::lines($read["$type $other->id"] ?? [], $me->id);
        }
        return Response::json($isOne ? $found->{$wanted[0]} : $found);
    }

    /** `history` of the gateway to XMPP: the last lines of one conversation. */
    public static function recent(Site $site, Person $me, Params $params): Response
    {
        [$type, [$other]] = self::partners($site, $me, $params, [$params->required('to')]);
        $max = min((int) ($params->text('max') ?: Limits::HISTORY), Limits::HISTORY);
        $read = $site->archive->histories($me->id, [[$type, $other->id]], PHP_INT_MAX, max(1, $max));
        return Response::json(Shapes::lines($read["$type $other->id"] ?? [], $me->id));
    }

    /** `clear_history`: for this user alone. */
    public static function clear(Site $site, Person $me, Params $params): Response
    {
        [$type, [$other]] = self::partners($site, $me, $params, [$params->required('id')]);
        if ($type === 'unicast') {
            $site->archive->clearUser($me->id, $other->id);
        } else {
            $site->archive->clearRoom($me->id, $other->id);
        }
        return Response::json('ok');
    }

    /** `download_history`: the history as a file. */
    public static function download(Site $site, Person $me, Params $params): Response
    {
        [$type, [$other]] = self::partners($site, $me, $params, [$params->required('id')]);
        $read = $site->archive->histories($me->id, [[$type, $other->id]], PHP_INT_MAX, Limits::DOWNLOAD);
        $lines = '';
        foreach ($read["$type $other->id"] ?? [] as $message) {
            $time = gmdate('Y-m-d H:i', intdiv($message->time, 1000));
            $body = nl2br(self::escaped($message->body), false);
            $lines .= "<p><time>$time</time> <b>" . self::escaped($message->nick) . "</b><br>$body</p>\n";
        }
        $title = self::escaped($other->nick);
        $page = "<!doctype html>\n<meta charset=\"utf-8\">\n<title>$title</title>\n<h1>$title</h1>\n$lines";
        $file = 'histories-' . gmdate('Y-m-d', intdiv($site->config->now(), 1000)) . '.html';
        return (new Response(200, 'text/html; charset=utf-8', $page))
            ->with('Content-Disposition', "attachment; filename=\"$file\"")
            ->with('Content-Security-Policy', "sandbox; default-src 'none'");
    }

    private static function escaped(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
    }

    /**
     * @param list<string> $ids
     * @return array{string, list<Person>|list<Room>} the type, and the other side of each conversation
     */
    private static function partners(Site $site, Person $me, Params $params, array $ids): array
    {
        $type = Messages::type($params->text('type'));
        return [$type, match ($type) {
            'unicast' => $site->eachPerson($ids),
            'multicast' => $site->eachRoom($me, $ids),
            default => throw Refusal::bad('bad parameter: type'),
        }];
    }
}
