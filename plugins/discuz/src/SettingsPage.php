<?php

/*
 * The page of settings, for administrators.
 *
 * Owns: its form and its checks. Must not: show the key.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

final class SettingsPage
{
    private const SUBMIT = 'nextimsubmit';
    private const TEST = 'nextimtest';
    private const FIELDS = ['server' => 'text', 'public_url' => 'text', 'site_urls' => 'textarea', 'domain' => 'text',
        'apikey' => 'password', 'groups' => 'groups', 'rooms' => 'radio', 'strangers' => 'radio', 'channels' => 'radio',
        'days' => 'number', 'jsonp_origins' => 'text', 'xmpp' => 'radio', 'xmpp_domain' => 'text',
        'xmpp_groups' => 'groups', 'purge' => 'radio'];

    public function __construct(private readonly Plugin $plugin, private readonly Check $check)
    {
    }

    /** Saves what was sent, tests if that was asked for, and shows the form. */
    public function run(int $pluginId): void
    {
        $isTest = isset($_GET[self::TEST]);
        if (submitcheck($isTest ? self::TEST : self::SUBMIT)) {
            $sent = $_GET['nextim'] ?? [];
            $this->plugin->options->save(is_array($sent) ? $sent : []);
            $this->results([[true, Words::of('saved')], ...($isTest ? $this->check->all() : [])]);
        }
        $this->form($pluginId);
    }

    /** @param list<array{bool, string}> $results */
    private function results(array $results): void
    {
        showtableheader(Words::of('results'));
        foreach ($results as [$works, $words]) {
            $color = $works ? 'green' : 'red';
            $mark = $works ? '&#10003;' : '&#10007;';
            showtablerow('', [], ["<span style=\"color: $color\">$mark " . dhtmlspecialchars($words) . '</span>']);
        }
        showtablefooter();
    }

    private function form(int $pluginId): void
    {
        $all = $this->plugin->options->all();
        showformheader("plugins&operation=config&do=$pluginId&identifier=nextim&pmod=admincp");
        showtableheader('NextIM');
        foreach (self::FIELDS as $name => $kind) {
            $this->field($name, $kind, $all[$name]);
        }
        $test = '<input type="submit" class="btn" name="' . self::TEST . '" value="'
            . dhtmlspecialchars(Words::of('save_and_test')) . '" />';
        showsubmit(self::SUBMIT, Words::of('save'), '', $test);
        showtablefooter();
        showformfooter();
        $this->example((string) $all['domain']);
    }

    /** @param string|int|bool|list<int> $value */
    private function field(string $name, string $kind, string|int|bool|array $value): void
    {
        $help = Words::of(match (true) {
            $name === 'apikey' && getenv('NEXTIM_APIKEY') => 'help_apikey_variable',
            default => "help_$name",
        });
        if (is_array($value)) {
            showsetting(Words::of("set_$name"), '', '', $this->groups($name, $value), '', 0, $help);
            return;
        }
        $shown = $kind === 'password' ? '' : (string) (is_bool($value) ? (int) $value : $value);
        $extra = $kind === 'password' ? 'autocomplete="new-password"' : '';
        showsetting(Words::of("set_$name"), "nextim[$name]", $shown, $kind, '', 0, $help, $extra);
    }

    /** @param list<int> $chosen */
    private function groups(string $setting, array $chosen): string
    {
        $options = '';
        foreach (\C::t('common_usergroup')->range() as $group) {
            $number = (int) $group['groupid'];
            if (in_array($number, [4, 5, 6, 7, 8], true)) {
                continue;
            }
            $mark = in_array($number, $chosen, true) ? ' selected' : '';
            $name = dhtmlspecialchars(strip_tags((string) $group['grouptitle']));
            $options .= "<option value=\"$number\"$mark>$name</option>";
        }
        return "<select name=\"nextim[$setting][]\" multiple size=\"8\">$options</select>";
    }

    /** The table of this forum in the configuration of the message server. */
    private function example(string $domain): void
    {
        $config = $this->plugin->options->config();
        $origins = implode(', ', array_map(fn(string $origin): string => "\"$origin\"", $config->origins));
        $table = "[[domain]]\nname = \"$domain\"\napikeys = [\"…\"]\nundelivered_url = \""
            . $this->plugin->options->undelivered() . "\"\norigins = [$origins]\n";
        self::lines(Words::of('for_the_server'), $table);
        if ($config->xmpp !== '') {
            self::lines(Words::of('for_the_gateway'), "login_domain = \"$config->xmpp\"\nsite_url = \""
                . $this->plugin->options->xmpp() . "\"\ndomain = \"$domain\"\napikey = \"…\"\n");
        }
    }

    private static function lines(string $title, string $lines): void
    {
        showtableheader($title);
        showtablerow('', [], ['<pre>' . dhtmlspecialchars($lines) . '</pre>']);
        showtablefooter();
    }
}
