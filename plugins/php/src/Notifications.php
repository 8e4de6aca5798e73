<?php

/*
 * `notifications`: what the host wants to tell a user.
 *
 * Owns: its JSON. Must not: change anything; a notice goes away on the host's own pages.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Notifications
{
    public static function notifications(Site $site, Person $me, Params $params): Response
    {
        $shown = [];
        foreach (array_slice($site->host->notices($me), 0, 50) as $notice) {
            $link = isset($notice['link']) ? ['link' => $site->config->link($notice['link'])] : [];
            $shown[] = ['text' => $notice['text'], ...$link, 'time' => $notice['time']];
        }
        return Response::json($shown);
    }
}
