<?php

/*
 * The page of settings, for administrators.
 *
 * Owns: what is on it, and saving it. Must not: show the key.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

final class SettingsPage
{
    private const SLUG = 'nextim';
    private const ACTION = 'nextim_save';

    public function __construct(private readonly Plugin $plugin, private readonly Check $check)
    {
    }

    public function start(string $plugin): void
    {
        $menu = $this->isNetwork() ? 'network_admin_menu' : 'admin_menu';
        $page = ['NextIM', 'NextIM', $this->right(), self::SLUG, $this->show(...)];
        add_action($menu, fn() => add_submenu_page($this->parent(), ...$page));
        add_action('admin_post_' . self::ACTION, fn() => $this->save());
        $list = ($this->isNetwork() ? 'network_admin_' : '') . "plugin_action_links_$plugin";
        add_filter($list, fn(array $links): array => ['settings' => sprintf(
            '<a href="%s">%s</a>',
            esc_url($this->url()),
            esc_html__('Settings', 'nextim'),
        )] + $links);
    }

    private function isNetwork(): bool
    {
        return $this->plugin->options->isNetwork;
    }

    private function parent(): string
    {
        return $this->isNetwork() ? 'settings.php' : 'options-general.php';
    }

    private function right(): string
    {
        return $this->isNetwork() ? 'manage_network_options' : 'manage_options';
    }

    /** @param array<string, string> $query */
    private function url(array $query = []): string
    {
        $page = $this->isNetwork() ? network_admin_url($this->parent()) : admin_url($this->parent());
        return add_query_arg(['page' => self::SLUG] + $query, $page);
    }

    private function save(): void
    {
        if (!current_user_can($this->right())) {
            wp_die(esc_html__('You may not do this.', 'nextim'), 403);
        }
        check_admin_referer(self::ACTION);
        $sent = wp_unslash($_POST);
        $this->plugin->options->save(is_array($sent) ? $sent : []);
        wp_safe_redirect($this->url(['saved' => '1'] + (isset($_POST['test']) ? ['test' => '1'] : [])));
        exit;
    }

    private function show(): void
    {
        echo '<div class="wrap"><h1>NextIM</h1>';
        if (isset($_GET['saved'])) {
            echo '<div class="notice notice-success"><p>', esc_html__('Saved.', 'nextim'), '</p></div>';
        }
        isset($_GET['test']) && $this->results();
        // The network's own admin has no such page.
        echo '<form method="post" action="', esc_url(admin_url('admin-post.php')),
            '"><input type="hidden" name="action" value="', esc_attr(self::ACTION), '">';
        wp_nonce_field(self::ACTION);
        $all = $this->plugin->options->all();
        foreach ($this->sections() as $title => $fields) {
            echo '<h2>', esc_html($title), '</h2><table class="form-table" role="presentation">';
            foreach ($fields as $name => [$kind, $label, $help]) {
                Form::field($name, $kind, $label, $help, $all[$name]);
            }
            echo '</table>';
        }
        echo '<p class="submit"><button class="button button-primary">', esc_html__('Save', 'nextim'),
            '</button> <button class="button" name="test" value="1">', esc_html__('Save and test', 'nextim'),
            '</button></p></form>';
        $this->example((string) $all['domain']);
        $all['xmpp'] && $this->gateway((string) $all['domain'], (string) $all['xmpp_domain']);
        echo '</div>';
    }

    /** What the tests of the settings have shown. */
    private function results(): void
    {
        echo '<h2>', esc_html__('Test', 'nextim'), '</h2>';
        foreach ($this->check->all() as [$part, $works, $words]) {
            $verdict = $works ? __('works', 'nextim') : __('does not work', 'nextim');
            echo '<div class="notice inline notice-', $works ? 'success' : 'error', '"><p><strong>', esc_html($part),
                '</strong> <em>', esc_html($verdict), '</em><br>', esc_html($words), '</p></div>';
        }
    }

    /** @return array<string, array<string, array{string, string, string}>> the kind, the label and the help of each */
    private function sections(): array
    {
        return [
            __('Message server', 'nextim') => [
                'server' => ['url', __('Address', 'nextim'), __('The message server as this machine reaches it, such as'
                    . ' http://127.0.0.1:8000.', 'nextim')],
                'public_url' => ['url', __('Public URL', 'nextim'), __('The message server as browsers reach it, such'
                    . ' as https://im.example. Without it no page has the chat.', 'nextim')],
                'domain' => ['text', __('Domain', 'nextim'), __('The name of this site at the message'
                    . ' server.', 'nextim')],
                'apikey' => ['password', __('Key', 'nextim'), $this->aboutKey()],
            ],
            __('Chat', 'nextim') => [
                'roles' => ['roles', __('Who may chat', 'nextim'), __('If none is chosen, all members.', 'nextim')],
                'rooms' => ['checkbox', __('Rooms', 'nextim'), __('Groups of BuddyPress have a chat.', 'nextim')],
                'strangers' => ['checkbox', __('Strangers', 'nextim'), __('Members may write to members who are no'
                    . ' contacts of theirs.', 'nextim')],
                'channels' => ['checkbox', __('News', 'nextim'), __('Members who are online hear of new'
                    . ' posts.', 'nextim')],
                'days' => ['number', __('Days kept', 'nextim'), __('Older messages are removed. With 0 all are'
                    . ' kept.', 'nextim')],
                'jsonp_origins' => ['textarea', __('Other origins', 'nextim'), __('Other sites whose pages may use'
                    . ' this chat by JSONP, such as https://www.example. Usually empty.', 'nextim')],
            ],
            __('Phone and desktop clients (XMPP)', 'nextim') => [
                'xmpp' => ['checkbox', __('XMPP', 'nextim'), __('Members may chat with clients of XMPP, by the gateway'
                    . ' nextim-xmpp and an XMPP server of yours.', 'nextim')],
                'xmpp_domain' => ['text', __('Address domain', 'nextim'), __('What stands behind the @ of the members\''
                    . ' addresses: the domain of the XMPP server, such as chat.example.', 'nextim')],
                'xmpp_roles' => ['roles', __('Who may use XMPP', 'nextim'), __('If none is chosen, all who may'
                    . ' chat.', 'nextim')],
            ],
        ];
    }

    private function aboutKey(): string
    {
        return match (true) {
            (bool) getenv('NEXTIM_APIKEY') => __('The variable NEXTIM_APIKEY has the key, and wins over this'
                . ' field.', 'nextim'),
            $this->plugin->options->all()['apikey'] !== '' => __('There is a key, which is not shown. Leave this empty'
                . ' to keep it.', 'nextim'),
            default => __('There is no key yet. Make one with "nextim genkey".', 'nextim'),
        };
    }

    /** The table of this site in the configuration of the message server. */
    private function example(string $domain): void
    {
        $options = $this->plugin->options;
        self::lines(
            __('For the configuration of the message server', 'nextim'),
            __('Add this table to nextim.toml, with the key in place of the dots, and reload the server.', 'nextim'),
            [
                '[[domain]]',
                'name = ' . self::text($domain),
                'apikeys = ["…"]',
                'origins = [' . implode(', ', array_map(self::text(...), $options->origins())) . ']',
                'undelivered_url = ' . self::text($options->undeliveredUrl()),
            ],
        );
    }

    /** What the gateway and the XMPP server need of this site. */
    private function gateway(string $domain, string $login): void
    {
        self::lines(
            __('For the configuration of the gateway', 'nextim'),
            __('These lines of nextim-xmpp.toml are those of this site, with the key in place of the dots. The XMPP'
                . ' server has the same address, domain and key.', 'nextim'),
            [
                'login_domain = ' . self::text($login),
                'site_url = ' . self::text($this->plugin->options->xmppUrl()),
                'domain = ' . self::text($domain),
                'apikey = "…"',
            ],
        );
    }

    private static function text(string $value): string
    {
        return (string) wp_json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
    }

    /** @param list<string> $lines */
    private static function lines(string $title, string $help, array $lines): void
    {
        echo '<h2>', esc_html($title), '</h2><p>', esc_html($help), '</p>',
            '<pre style="overflow-x: auto; padding: 1em; background: #fff">', esc_html(implode("\n", $lines)),
            '</pre>';
    }
}
