<?php

/*
 * Answers as JSON, or as a script that calls a function of the page.
 *
 * Owns: which pages may get a script, and the form of every refusal. Must not: know an endpoint.
 *
 * Any page of any site can load a script, and the browser sends the user's cookie along. A script that changes
 * something is then as good as a forged form. So the administrator lists the origins whose pages may load one.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Jsonp
{
    /** Refuses scripts to pages that may not get them, and changes by GET that are no such scripts. */
    public static function admit(Request $request, Config $config, bool $changes): void
    {
        $called = $request->params->text('callback');
        if ($called !== '' && self::callback($request, $config) === null) {
            throw self::isCallback($called)
                ? Refusal::forbidden('This site gives no scripts to pages of that origin.')
                : Refusal::bad('bad parameter: callback');
        }
        $isAllowed = match ($request->method) {
            'POST' => true,
            'GET' => !$changes || $called !== '',
            default => false,
        };
        if (!$isAllowed) {
            throw new Refusal(405, 'This needs another method.');
        }
    }

    /** The answer to a refused request. */
    public static function refused(Refusal $refusal): Response
    {
        $shown = ['error' => $refusal->getMessage(), 'status' => $refusal->status];
        $response = Response::json($shown, $refusal->status);
        return match ($refusal->status) {
            405 => $response->with('Allow', 'POST'),
            429, 503 => $response->with('Retry-After', (string) Limits::RETRY_AFTER_S),
            default => $response,
        };
    }

    /** The same answer as a script, if one is wanted. A browser runs no script with the status of an error. */
    public static function finish(Request $request, Config $config, Response $response): Response
    {
        $called = self::callback($request, $config);
        if ($called === null || $response->type !== 'application/json') {
            return $response;
        }
        $script = "/**/$called($response->body);";
        return new Response(200, 'application/javascript; charset=utf-8', $script, $response->headers);
    }

    /** The function to call, if the page may get a script. A POST has been checked already: its page may. */
    private static function callback(Request $request, Config $config): ?string
    {
        $called = $request->params->get('callback');
        $isAllowed = $request->changes() || Origins::isScriptOf($request, $config->jsonpOrigins);
        return $isAllowed && self::isCallback($called) ? $called : null;
    }

    private static function isCallback(string $called): bool
    {
        return preg_match('/^[A-Za-z_$][A-Za-z0-9_$.]{0,127}$/D', $called) === 1;
    }
}
