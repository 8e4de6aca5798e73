<?php

/*
 * Whether the chat can work, in words.
 *
 * Owns: what is tried, and the remedies. Must not: change a setting, or show the key.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

use NextIM\Site\CallError;
use NextIM\Site\Migrations;

final class Check
{
    public function __construct(private readonly Plugin $plugin, private readonly Web $web = new Web())
    {
    }

    /** @return list<array{bool, string}> whether each part works, and words for the administrator */
    public function all(): array
    {
        return [$this->server(), $this->script(), $this->undelivered(), $this->tables()];
    }

    /** @return array{bool, string} */
    private function server(): array
    {
        try {
            $this->plugin->handler()->site->im->onlines([]);
            return [true, Words::of('test_server')];
        } catch (CallError $error) {
            $values = ['url' => $this->plugin->options->config()->server, 'status' => (string) $error->kind];
            return [false, match ($error->kind) {
                CallError::NOT_AUTHORIZED => Words::of('test_server_key'),
                CallError::UNREACHABLE => Words::of('test_server_away', $values),
                default => Words::of('test_server_other', $values),
            }];
        }
    }

    /** @return array{bool, string} */
    private function script(): array
    {
        $config = $this->plugin->options->config();
        $url = $config->publicUrl() . '/webim.js';
        if ($this->plugin->options->all()['public_url'] === '') {
            return [false, Words::of('test_script_none')];
        }
        if ($this->web->status($url) !== 200) {
            return [false, Words::of('test_script_away', ['url' => $url])];
        }
        if ($config->secure && !str_starts_with($url, 'https://')) {
            return [false, Words::of('test_script_http')];
        }
        return [true, Words::of('test_script')];
    }

    /** @return array{bool, string} */
    private function undelivered(): array
    {
        $config = $this->plugin->options->config();
        $url = $this->plugin->options->undelivered();
        $status = $this->web->status($url, [
            'Content-Type: application/json',
            'Authorization: Basic ' . base64_encode("$config->domain:{$config->apikey()}"),
        ], '[]');
        return [$status === 200, match ($status) {
            200 => Words::of('test_undelivered'),
            401 => Words::of('test_undelivered_header'),
            default => Words::of('test_undelivered_other', ['url' => $url, 'status' => (string) $status]),
        }];
    }

    /** @return array{bool, string} */
    private function tables(): array
    {
        $isThere = (new Migrations($this->plugin->db))->number() === Migrations::LAST;
        return [$isThere, Words::of($isThere ? 'test_tables' : 'test_tables_none')];
    }
}
