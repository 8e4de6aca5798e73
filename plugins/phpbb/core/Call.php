<?php

/*
 * Whether this request is a call of the bar.
 *
 * Owns: telling so before phpBB routes the request. Must not: take another script for it, which may have any path at
 * its end: phpBB is less strict with these calls, because they answer for themselves.
 */

declare(strict_types=1);

namespace nextim\bar\core;

use NextIM\Site\Request;
use NextIM\Site\Sapi;
use phpbb\request\request_interface;
use phpbb\symfony_request;

final class Call
{
    public const PATH = '/nextim/';

    public function __construct(
        private readonly request_interface $request,
        private readonly symfony_request $symfony,
        private readonly string $phpExt,
    ) {
    }

    public function isNow(): bool
    {
        $script = basename((string) $this->request->server('SCRIPT_FILENAME'));
        $pattern = '~^' . self::PATH . '[a-z_]+$~D';
        return $script === "app.$this->phpExt" && preg_match($pattern, $this->symfony->getPathInfo()) === 1;
    }

    /** The request as the kit reads it. phpBB takes PHP's own variables away, which is undone for a moment. */
    public function request(string $endpoint = ''): Request
    {
        $isTaken = $this->request->super_globals_disabled();
        if ($isTaken) {
            $this->request->enable_super_globals();
        }
        try {
            return Sapi::request($endpoint);
        } finally {
            if ($isTaken) {
                $this->request->disable_super_globals();
            }
        }
    }
}
