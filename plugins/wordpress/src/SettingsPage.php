<?php

/*
 * The page of settings, for administrators.
 *
 * Owns: its form and its checks. Must not: show the key.
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

    public function start(): void
    {
        $menu = $this->isNetwork() ? 'network_admin_menu' : 'admin_menu';
        $page = ['NextIM', 'NextIM', $this->right(), self::SLUG, $this->show(...)];
        add_action($menu, fn() => add_submenu_page($this->parent(), ...$page));
        add_action('admin_post_' . self::ACTION, fn() => $this->save());
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

    private function save(): void
    {
        if (!current_user_can($this->right())) {
            wp_die(esc_html__('You may not do this.', 'nextim'), 403);
        }
        check_admin_referer(self::ACTION);
        $sent = wp_unslash($_POST);
        $this->plugin->options->save(is_array($sent) ? $sent : []);
        $page = $this->isNetwork() ? network_admin_url($this->parent()) : admin_url($this->parent());
        $query = ['page' => self::SLUG, 'saved' => '1'] + (isset($_POST['test']) ? ['test' => '1'] : []);
        wp_safe_redirect(add_query_arg($query, $page));
        exit;
    }

    private function show(): void
    {
        $all = $this->plugin->options->all();
        echo '<div class="wrap"><h1>NextIM</h1>';
        if (isset($_GET['saved'])) {
            echo '<div class="notice notice-success"><p>', esc_html__('Saved.', 'nextim'), '</p></div>';
        }
        foreach (isset($_GET['test']) ? $this->check->all() : [] as [$works, $words]) {
            echo '<div class="notice notice-', $works ? 'success' : 'error', '"><p>', esc_html($words), '</p></div>';
        }
        echo '<form method="post" action="', esc_url(admin_url('admin-post.php')),
            '"><input type="hidden" name="action" value="', esc_attr(self::ACTION), '">';
        wp_nonce_field(self::ACTION);
        echo '<table class="form-table" role="presentation">';
        foreach ($this->fields() as $name => [$kind, $label, $help]) {
            $this->field($name, $kind, $label, $help, $all[$name]);
        }
        echo '</table><p class="submit"><button class="button button-primary">', esc_html__('Save', 'nextim'),
            '</button> <button class="button" name="test" value="1">', esc_html__('Save and test', 'nextim'),
            '</button></p></form>';
        $this->example((string) $all['domain']);
        echo '</div>';
    }

    /** @return array<string, array{string, string, string}> the kind, the label and the help of each field */
    private function fields(): array
    {
        return [
            'server' => ['url', __('Message server', 'nextim'), __('its address for this machine', 'nextim')],
            'public_url' => ['url', __('Public URL', 'nextim'), __('its address for browsers, with https', 'nextim')],
            'domain' => ['text', __('Domain', 'nextim'), __('the name of this site at the message server', 'nextim')],
            'apikey' => ['password', __('Key', 'nextim'), getenv('NEXTIM_APIKEY')
                ? __('The variable NEXTIM_APIKEY wins.', 'nextim')
                : __('Empty leaves it as it is.', 'nextim')],
            'roles' => ['text', __('Who may chat', 'nextim'),
                __('roles such as "editor author"; empty: all', 'nextim')],
            'rooms' => ['checkbox', __('Rooms', 'nextim'), __('Groups have a chat.', 'nextim')],
            'strangers' => ['checkbox', __('Strangers', 'nextim'), __('Members may write to all others.', 'nextim')],
            'channels' => ['checkbox', __('News', 'nextim'), __('New posts come as notices.', 'nextim')],
            'days' => ['number', __('Days kept', 'nextim'), __('Older messages are removed; 0: none.', 'nextim')],
            'jsonp_origins' => ['text', __('Other origins', 'nextim'),
                __('whose pages may use the chat by JSONP', 'nextim')],
        ];
    }

    private function field(string $name, string $kind, string $label, string $help, string|int|bool $value): void
    {
        $id = "nextim-$name";
        $shown = match ($kind) {
            'checkbox' => 'value="1"' . ($value ? ' checked' : ''),
            'password' => 'value="" autocomplete="new-password"',
            default => 'value="' . esc_attr((string) $value) . '"',
        };
        $class = $kind === 'checkbox' ? '' : ' class="regular-text"';
        echo '<tr><th scope="row"><label for="', esc_attr($id), '">', esc_html($label), '</label></th><td><input id="',
            esc_attr($id), '" name="', esc_attr($name), '" type="', esc_attr($kind), '" ', $shown, $class,
            '> <span class="description">', esc_html($help), '</span></td></tr>';
    }

    /** The table of this site in the configuration of the message server. */
    private function example(string $domain): void
    {
        $url = $this->plugin->options->home() . '?nextim=undelivered';
        $table = "[[domain]]\nname = \"$domain\"\napikeys = [\"…\"]\nundelivered_url = \"$url\"\n";
        echo '<h2>', esc_html__('For the configuration of the message server', 'nextim'), '</h2><pre>',
            esc_html($table), '</pre>';
    }
}
