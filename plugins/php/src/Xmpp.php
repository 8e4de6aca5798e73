<?php

/*
 * `xmpp`: the gateway to XMPP asks for its members.
 *
 * Owns: this request, which proves its identity by the apikey, and its actions. Must not: look who is logged in; no
 * browser asks here. The rules are those of the endpoints of the same name.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Xmpp
{
    /** Each action of a session, and whether it has a rate of its own. */
    private const ACTIONS = [
        'offline' => [false, [Presence::class, 'offline']],
        'presence' => [true, [Presence::class, 'presence']],
        'status' => [false, [Presence::class, 'typing']],
        'join' => [true, [Rooms::class, 'join']],
        'leave' => [true, [Rooms::class, 'leave']],
        'members' => [false, [Rooms::class, 'members']],
        'message' => [false, [Messages::class, 'message']],
        'vcard' => [false, [Contacts::class, 'card']],
        'history' => [false, [History::class, 'recent']],
    ];

    /** Prosody 0.12 takes an answer without a length for empty, if its body comes after its head. */
    public static function xmpp(Site $site, Request $request): Response
    {
        $response = self::answer($site, $request);
        return $response->with('Content-Length', (string) strlen($response->body));
    }

    private static function answer(Site $site, Request $request): Response
    {
        $fields = Undelivered::read($site, $request);
        if (!$fields instanceof \stdClass) {
            throw Refusal::bad('the body must be an object with an action');
        }
        $params = Params::ofJson($fields);
        [$user, $action] = [$params->required('user'), $params->required('action')];
        $passwords = new ChatPasswords($site);
        $me = self::member($site, $user);
        if ($action === 'auth') {
            return $passwords->auth($me, $params);
        }
        $me ??= throw Refusal::forbidden('This account cannot chat.');
        if ($action === 'missed') {
            return Undelivered::back($site, $fields->messages ?? null);
        }
        $passwords->admit($me);
        if ($action === 'online') {
            return self::online($site, $me, $params);
        }
        [$isAct, $function] = self::ACTIONS[$action] ?? throw new Refusal(501, 'This site does not serve this.');
        if ($isAct) {
            $site->rates->act($me->id, $action);
        }
        return $function($site, $me, $params);
    }

    /** The log-in that all clients of a user share; nobody who lacks the apikey knows it. */
    public static function session(Site $site, string $user): string
    {
        return hash_hmac('sha256', "xmpp $user", $site->config->apikey());
    }

    /** The user of exactly this id; numbers name nobody here. */
    private static function member(Site $site, string $user): ?Person
    {
        foreach ($site->host->people([$user], []) as $person) {
            if ($person->id === $user && Person::isName($user)) {
                return $person->loggedIn(self::session($site, $user));
            }
        }
        return null;
    }

    /** A member's first client is there. It has no open chats and no histories. */
    private static function online(Site $site, Person $me, Params $params): Response
    {
        $passwords = new ChatPasswords($site);
        $who = fn(): ?Person => $passwords->isLoggedOut($me) ? null : self::member($site, $me->id);
        if ($who() === null) {
            throw new Refusal(401, 'A chat password was revoked. Please log in again.');
        }
        try {
            $page = (new Online($site, $params, $who))->begin($me);
        } catch (CallError) {
            throw Refusal::unavailable();
        }
        $isContact = fn(array $buddy): bool => $buddy['group'] !== Circle::STRANGER;
        $isOpen = fn(array $room): bool => !$room['blocked'];
        $names = fn(array $entry): array => ['name' => $entry['id'], 'nick' => $entry['nick']];
        return Response::json([
            'user' => $me->id,
            'nick' => $me->nick,
            'ticket' => $page['connection']['ticket'],
            'server' => $page['connection']['server'],
            'buddies' => array_map(self::buddy(...), array_values(array_filter($page['buddies'], $isContact))),
            'rooms' => array_map($names, array_values(array_filter((array) $page['rooms'], $isOpen))),
            'channels' => array_map(
                fn(array $channel): array => $names($channel) + ['url' => $channel['url'] ?? ''],
                $page['channels'],
            ),
            'messages' => $page['new_messages'],
        ]);
    }

    /**
     * @param array<string, mixed> $buddy
     * @return array<string, mixed>
     */
    private static function buddy(array $buddy): array
    {
        return ['name' => $buddy['id'], 'nick' => $buddy['nick'], 'group' => $buddy['group'],
            'pic' => $buddy['pic_url'], 'show' => $buddy['show'], 'status' => $buddy['status']];
    }
}
