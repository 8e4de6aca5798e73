<?php

/*
 * The page of settings, for administrators.
 *
 * Owns: its form. Must not: show the key.
 */

declare(strict_types=1);

namespace nextim\bar\core;

use phpbb\language\language;
use phpbb\request\request_interface;
use phpbb\template\template;

final class SettingsPage
{
    private const FORM = 'nextim_bar';

    public function __construct(
        private readonly Options $options,
        private readonly Check $check,
        private readonly language $language,
        private readonly request_interface $request,
        private readonly template $template,
    ) {
    }

    /** Shows the page that has this address, and does what its form has sent. */
    public function show(string $action): void
    {
        $this->language->add_lang('common', 'nextim/bar');
        add_form_key(self::FORM);
        [$isSaved, $results, $error] = [false, [], ''];
        if ($this->request->is_set_post('save') || $this->request->is_set_post('test')) {
            if (check_form_key(self::FORM)) {
                $this->options->save($this->sent());
                $isSaved = true;
                $results = $this->request->is_set_post('test') ? $this->check->all() : [];
            } else {
                $error = $this->language->lang('FORM_INVALID');
            }
        }
        foreach ($results as [$works, $words]) {
            $this->template->assign_block_vars('checks', ['WORKS' => $works, 'WORDS' => self::escaped($words)]);
        }
        $this->fields();
        $this->template->assign_vars(['S_SAVED' => $isSaved, 'ERROR' => $error, 'U_ACTION' => $action,
            'TABLE' => self::escaped($this->table()), 'GATEWAY' => self::escaped($this->gateway())]);
    }

    /** @return array<string, string> */
    private function sent(): array
    {
        $sent = [];
        foreach (array_keys(Options::DEFAULTS) as $name) {
            $sent[$name] = Board::plain($this->request->variable(Options::PREFIX . $name, '', true));
        }
        return $sent;
    }

    private function fields(): void
    {
        $all = $this->options->all();
        $kinds = ['server' => 'url', 'public_url' => 'url', 'apikey' => 'password', 'days' => 'number'];
        foreach (Options::DEFAULTS as $name => $default) {
            $isOver = $name === 'apikey' && getenv('NEXTIM_APIKEY');
            $help = $isOver ? 'NEXTIM_APIKEY_WINS' : self::key($name) . '_EXPLAIN';
            $this->template->assign_block_vars('fields', [
                'NAME' => Options::PREFIX . $name,
                'KIND' => is_bool($default) ? 'checkbox' : $kinds[$name] ?? 'text',
                'LABEL' => $this->language->lang(self::key($name)),
                'HELP' => $this->language->lang($help),
                'VALUE' => $name === 'apikey' ? '' : self::escaped((string) $all[$name]),
                'CHECKED' => $all[$name] === true,
            ]);
        }
    }

    private static function key(string $name): string
    {
        return 'NEXTIM_' . strtoupper($name);
    }

    /** The table of this board in the configuration of the message server. */
    private function table(): string
    {
        $url = $this->options->origin() . $this->options->endpoint('undelivered');
        $name = $this->options->all()['domain'];
        return "[[domain]]\nname = \"$name\"\napikeys = [\"…\"]\nundelivered_url = \"$url\"\n";
    }

    /** What the gateway to XMPP needs of this board; empty if XMPP is off. */
    private function gateway(): string
    {
        ['domain' => $name, 'xmpp' => $isOn, 'xmpp_domain' => $login] = $this->options->all();
        $url = $this->options->origin() . $this->options->endpoint('xmpp');
        return !$isOn ? ''
            : "login_domain = \"$login\"\nsite_url = \"$url\"\ndomain = \"$name\"\napikey = \"…\"\n";
    }

    private static function escaped(string $text): string
    {
        return htmlspecialchars($text, ENT_COMPAT, 'UTF-8');
    }
}
