<?php

/*
 * `undelivered`: messages that the message server accepted and could not deliver.
 *
 * Owns: requests that prove their identity by the apikey, and this one. Must not: look who is logged in; a browser's
 * cookie counts for nothing here.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Undelivered
{
    /** These messages wait for their receivers again. Messages that are not in the archive are ignored. */
    public static function undelivered(Site $site, Request $request): Response
    {
        return self::back($site, self::read($site, $request));
    }

    /** The JSON of a request that has the domain and the apikey. */
    public static function read(Site $site, Request $request): mixed
    {
        if ($request->method !== 'POST') {
            throw new Refusal(405, 'This needs another method.');
        }
        if (!self::isFromServer($site->config, $request)) {
            throw new Refusal(401, 'authentication failed');
        }
        if (strlen($request->body) > Limits::CALL_BYTES) {
            throw new Refusal(413, 'too many messages');
        }
        return json_decode($request->body);
    }

    /** These messages came back. */
    public static function back(Site $site, mixed $list): Response
    {
        if (!is_array($list)) {
            throw Refusal::bad('the body must be a list of messages');
        }
        if (count($list) > Limits::CALL_MESSAGES) {
            throw new Refusal(413, 'too many messages');
        }
        $ids = [];
        foreach ($list as $message) {
            $id = $message instanceof \stdClass ? ($message->id ?? '') : '';
            if ((is_int($id) || is_string($id)) && preg_match('/^\d{1,18}$/D', (string) $id) === 1) {
                $ids[] = (int) $id;
            }
        }
        $site->archive->setReturned($ids);
        return Response::json('ok');
    }

    /** Whether the request has the domain and the apikey: by HTTP Basic `domain:apikey`, or by parameters. */
    private static function isFromServer(Config $config, Request $request): bool
    {
        $sent = $request->header('authorization');
        $pair = stripos($sent, 'Basic ') === 0
            ? (string) base64_decode(trim(substr($sent, 6)), true)
            : $request->params->get('domain') . ':' . $request->params->get('apikey');
        // Hashes are of one length, so the time shows nothing of the key.
        $expected = hash('sha256', $config->domain . ':' . $config->apikey());
        return $config->apikey() !== '' && hash_equals($expected, hash('sha256', $pair));
    }
}
