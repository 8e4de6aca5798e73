<?php

/*
 * Whether the chat can work, in words.
 *
 * Owns: what is tried, and the remedies. Must not: change a setting, or show the key.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

use NextIM\Site\CallError;
use NextIM\Site\Im;
use NextIM\Site\Migrations;

final class Check
{
    public function __construct(private readonly Plugin $plugin)
    {
    }

    /** @return list<array{string, bool, string}> each part, whether it works, and words for the administrator */
    public function all(): array
    {
        return [
            [__('Message server', 'nextim'), ...$this->server()],
            [__('Script', 'nextim'), ...$this->script()],
            [__('Undelivered messages', 'nextim'), ...$this->undelivered()],
            [__('Tables', 'nextim'), ...$this->tables()],
        ];
    }

    /** @return array{bool, string} */
    private function server(): array
    {
        $config = $this->plugin->options->config();
        if ($config->apikey() === '') {
            return [false, __('There is no key yet. Take one from the configuration of the message server.', 'nextim')];
        }
        try {
            (new Im($config))->onlines([]);
            return [true, __('The message server is reached, and takes the key.', 'nextim')];
        } catch (CallError $error) {
            return [false, match ($error->kind) {
                CallError::NOT_AUTHORIZED => __('The message server does not take the domain or the key. Compare both'
                    . ' with its configuration, shown below.', 'nextim'),
                CallError::UNREACHABLE => sprintf(
                    /* translators: %s: an address */
                    __('The message server is not reached at %s. Is it running, and may this machine'
                        . ' connect?', 'nextim'),
                    $config->server,
                ),
                default => sprintf(
                    /* translators: 1: an address, 2: a status such as 404 */
                    __('What runs at %1$s answers %2$d. Is it a message server?', 'nextim'),
                    $config->server,
                    $error->kind,
                ),
            }];
        }
    }

    /** @return array{bool, string} */
    private function script(): array
    {
        $options = $this->plugin->options;
        if ($options->all()['public_url'] === '') {
            return [false, __('Without a public URL no page has the chat.', 'nextim')];
        }
        $url = $options->config()->publicUrl() . '/webim.js';
        if ($options->config()->secure && !str_starts_with($url, 'https://')) {
            return [false, __('The public URL must begin with https: browsers load nothing else on pages with'
                . ' https.', 'nextim')];
        }
        $answer = wp_remote_get($url, ['timeout' => 5]);
        if (wp_remote_retrieve_response_code($answer) !== 200) {
            /* translators: %s: an address */
            $words = __('%s is not there. Does the proxy pass it on to the message server?', 'nextim');
            return [false, sprintf($words, $url)];
        }
        if (!str_contains((string) wp_remote_retrieve_header($answer, 'content-type'), 'javascript')) {
            /* translators: %s: an address */
            $words = __('%s is a page and no script. Does the proxy pass it on to the message server?', 'nextim');
            return [false, sprintf($words, $url)];
        }
        return [true, __('Browsers get the script of the chat.', 'nextim')];
    }

    /** @return array{bool, string} */
    private function undelivered(): array
    {
        $config = $this->plugin->options->config();
        if ($config->apikey() === '') {
            return [false, __('This needs the key.', 'nextim')];
        }
        $url = $this->plugin->options->undeliveredUrl();
        $answer = wp_remote_post($url, ['timeout' => 5, 'redirection' => 0, 'body' => '[]', 'sslverify' => false,
            'headers' => ['Content-Type' => 'application/json',
                'Authorization' => 'Basic ' . base64_encode("$config->domain:{$config->apikey()}")]]);
        $status = (int) wp_remote_retrieve_response_code($answer);
        return [$status === 200, match ($status) {
            200 => __('This site takes undelivered messages.', 'nextim'),
            0 => sprintf(
                /* translators: %s: an address */
                __('This machine does not reach its own site at %s. Does its name lead here, and does a firewall let it'
                    . ' through?', 'nextim'),
                $url,
            ),
            401 => sprintf(
                /* translators: 1: a line for Apache, 2: a line for nginx */
                __('The web server does not pass on the header Authorization. Apache: add "%1$s" to .htaccess. nginx'
                    . ' with FastCGI: add "%2$s".', 'nextim'),
                'CGIPassAuth On',
                'fastcgi_param HTTP_AUTHORIZATION $http_authorization;',
            ),
            default => sprintf(
                /* translators: 1: an address, 2: a status such as 404 */
                __('%1$s answers %2$d. Does a security plugin, a log-in of the web server or a redirection stand before'
                    . ' it?', 'nextim'),
                $url,
                $status,
            ),
        }];
    }

    /** @return array{bool, string} */
    private function tables(): array
    {
        $isThere = (new Migrations($this->plugin->db))->number() === Migrations::LAST;
        return [$isThere, $isThere
            /* translators: %d: a number */
            ? sprintf(__('The tables are there, at number %d.', 'nextim'), Migrations::LAST)
            : __('The tables are missing or old. Deactivate the plugin and activate it again; the user of the database'
                . ' must be allowed to make tables.', 'nextim')];
    }
}
