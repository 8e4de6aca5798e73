<?php

/*
 * Whether the chat can work, in words.
 *
 * Owns: what is tried, and the remedies. Must not: change a setting, or show the key.
 */

declare(strict_types=1);

namespace nextim\bar\core;

use NextIM\Site\CallError;
use NextIM\Site\Migrations;
use NextIM\Site\Origins;
use phpbb\language\language;
use phpbb\request\request_interface;

final class Check
{
    public function __construct(
        private readonly Plugin $plugin,
        private readonly language $language,
        private readonly request_interface $request,
        private readonly Http $http,
    ) {
    }

    /** @return list<array{bool, string}> whether each part works, and words for the administrator */
    public function all(): array
    {
        $this->plugin->forget();
        return [$this->server(), $this->script(), $this->undelivered(), $this->address(), $this->tables()];
    }

    /** @return array{bool, string} */
    private function server(): array
    {
        $server = $this->plugin->config()->server;
        try {
            $this->plugin->im()->onlines([]);
            return [true, $this->language->lang('NEXTIM_SERVER_WORKS')];
        } catch (CallError $error) {
            return [false, match ($error->kind) {
                CallError::NOT_AUTHORIZED => $this->language->lang('NEXTIM_SERVER_REFUSES'),
                CallError::UNREACHABLE => $this->language->lang('NEXTIM_SERVER_SILENT', $server),
                default => $this->language->lang('NEXTIM_SERVER_OTHER', $server, $error->kind),
            }];
        }
    }

    /** @return array{bool, string} */
    private function script(): array
    {
        $url = $this->plugin->config()->publicUrl() . '/webim.js';
        return match (true) {
            $this->plugin->options->all()['public_url'] === '' =>
                [false, $this->language->lang('NEXTIM_NO_PUBLIC_URL')],
            $this->http->status('GET', $url) !== 200 => [false, $this->language->lang('NEXTIM_NO_SCRIPT', $url)],
            $this->plugin->options->isSecure() && !str_starts_with($url, 'https://') =>
                [false, $this->language->lang('NEXTIM_NOT_SECURE')],
            default => [true, $this->language->lang('NEXTIM_SCRIPT_WORKS')],
        };
    }

    /** @return array{bool, string} */
    private function undelivered(): array
    {
        $config = $this->plugin->config();
        $url = $this->plugin->options->origin() . $this->plugin->options->endpoint('undelivered');
        $status = $this->http->status('POST', $url, ['Content-Type: application/json',
            'Authorization: Basic ' . base64_encode("$config->domain:{$config->apikey()}")], '[]', true);
        return [$status === 200, match ($status) {
            200 => $this->language->lang('NEXTIM_UNDELIVERED_WORKS'),
            401 => $this->language->lang('NEXTIM_UNDELIVERED_REFUSES'),
            default => $this->language->lang('NEXTIM_UNDELIVERED_FAILS', $url, $status),
        }];
    }

    /**
     * Whether this page comes from where the board says it is: changes from elsewhere are refused.
     *
     * @return array{bool, string}
     */
    private function address(): array
    {
        $sent = (string) $this->request->header('Origin') ?: (string) $this->request->header('Referer');
        $here = Origins::originOf($sent) ?? '';
        $own = $this->plugin->config()->origins;
        $isOwn = in_array(strtolower($here), array_map(strtolower(...), $own), true);
        return [$isOwn, $isOwn
            ? $this->language->lang('NEXTIM_ADDRESS_WORKS')
            : $this->language->lang('NEXTIM_ADDRESS_DIFFERS', $here, implode(', ', $own))];
    }

    /** @return array{bool, string} */
    private function tables(): array
    {
        $isThere = (new Migrations($this->plugin->db))->number() === Migrations::LAST;
        return [$isThere, $this->language->lang($isThere ? 'NEXTIM_TABLES_WORK' : 'NEXTIM_NO_TABLES')];
    }
}
