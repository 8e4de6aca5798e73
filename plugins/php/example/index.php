<?php

/*
 * A site of one file: its pages, and the endpoints of the bar below `/webim/`.
 *
 * Owns: routes. Must not: keep a session open while an endpoint runs.
 */

declare(strict_types=1);

namespace NextIM\Site\Example;

use NextIM\Site\Origins;
use NextIM\Site\Refusal;
use NextIM\Site\Response;
use NextIM\Site\Sapi;
use NextIM\Site\Tag;

require __DIR__ . '/setup.php';

[$handler, $host, $db, $config] = parts();
$path = (string) parse_url((string) $_SERVER['REQUEST_URI'], PHP_URL_PATH);

if (str_starts_with($path, '/webim/')) {
    Sapi::send($handler->handle(Sapi::request(substr($path, strlen('/webim/')))));
    return;
}

$request = Sapi::request('');
$me = $host->me($request);
$tell = $handler->tell();
/** @var list<string> $parts what the path names, such as a user */
$parts = array_map(rawurldecode(...), explode('/', trim($path, '/')));
$field = fn(string $name): string => $request->params->get($name);

/** Both directions of a friendship. */
$pair = fn(string $other): array => [[$me->id ?? '', $other], [$other, $me->id ?? '']];

if ($request->changes()) {
    try {
        Origins::check($request, $config);
    } catch (Refusal $refusal) {
        Sapi::send(new Response($refusal->status, 'text/plain; charset=utf-8', $refusal->getMessage()));
        return;
    }
    switch ($me === null && $parts[0] !== 'login' ? '' : $parts[0]) {
        case 'login':
            $me = $host->logIn($field('id'), $field('password'));
            break;
        case 'logout':
            $host->logOut($me->session);
            $tell->loggedOut($me->session);
            $me = null;
            break;
        case 'password':
            $db->run('DELETE FROM ex_sessions WHERE id = ?', [$me->id]);
            $tell->newPassword($me->id);
            break;
        case 'chat-passwords':
            try {
                $password = $handler->chatPasswords()->make($me, $field('name'));
            } catch (Refusal $refusal) {
                Sapi::send(new Response($refusal->status, 'text/plain; charset=utf-8', $refusal->getMessage()));
                return;
            }
            $shown = $handler->chatPasswords()->address($me) . "\n$password\n";
            Sapi::send(new Response(200, 'text/plain; charset=utf-8', $shown));
            return;
        case 'revoke-chat-passwords':
            foreach ($handler->chatPasswords()->of($me) as ['id' => $id]) {
                $handler->chatPasswords()->revoke($me, $id);
            }
            break;
        case 'befriend':
            foreach ($pair($parts[1]) as $friends) {
                $db->run('DELETE FROM ex_friends WHERE a = ? AND b = ?', $friends);
                $db->run('INSERT INTO ex_friends (a, b) VALUES (?, ?)', $friends);
            }
            break;
        case 'unfriend':
            foreach ($pair($parts[1]) as $friends) {
                $db->run('DELETE FROM ex_friends WHERE a = ? AND b = ?', $friends);
            }
            $tell->apart($me->id, $parts[1]);
            break;
        case 'join':
            $db->run('DELETE FROM ex_members WHERE room = ? AND id = ?', [$parts[1], $me->id]);
            $db->run('INSERT INTO ex_members (room, id) VALUES (?, ?)', [$parts[1], $me->id]);
            $tell->entered($me->id, $parts[1], $me->nick);
            break;
        case 'leave':
            $db->run('DELETE FROM ex_members WHERE room = ? AND id = ?', [$parts[1], $me->id]);
            $tell->left($me->id, $parts[1], $me->nick);
            break;
        case 'ban':
            if ($host->rank($me->id) > $host->rank($parts[1])) {
                $host->ban($me, $parts[1], null, '');
                $tell->banned($parts[1]);
            }
            break;
        case 'subscribe':
            $db->run('DELETE FROM ex_subscribers WHERE id = ?', [$me->id]);
            $db->run('INSERT INTO ex_subscribers (id) VALUES (?)', [$me->id]);
            break;
        case 'post':
            $tell->posted(Host::CHANNEL, 'Forum', $field('text'), '/');
            break;
        default:
            Sapi::send(new Response(404, 'text/plain; charset=utf-8', 'There is no such page.'));
            return;
    }
    $response = (new Response(303, 'text/plain; charset=utf-8', ''))->with('Location', '/');
} else {
    $name = htmlspecialchars($me->nick ?? '', ENT_QUOTES, 'UTF-8');
    $form = $me === null
        ? '<form method="post" action="/login"><label>Name <input name="id"></label>'
            . ' <label>Password <input name="password" type="password"></label> <button>Log in</button></form>'
        : "<form method=\"post\" action=\"/logout\">You are $name. <button>Log out</button></form>";
    $tag = (new Tag($config))->tag('en');
    $page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Example</title><h1>Example</h1>$form$tag";
    $response = new Response(200, 'text/html; charset=utf-8', $page);
}

$cookie = (new Tag($config))->cookie($request, $me);
Sapi::send($cookie === null ? $response : $response->with('Set-Cookie', $cookie));
