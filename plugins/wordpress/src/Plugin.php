<?php

/*
 * The plugin: its hooks.
 *
 * Owns: which hook calls what, and the parts that they share. Must not: decide what the chat does; the kit does.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

use NextIM\Site\DbError;
use NextIM\Site\Handler;
use NextIM\Site\Host as Adapter;
use NextIM\Site\Im;
use NextIM\Site\Migrations;
use NextIM\Site\Person;
use NextIM\Site\Privacy;
use NextIM\Site\Request;
use NextIM\Site\Response;
use NextIM\Site\Sapi;
use NextIM\Site\Store;
use NextIM\Site\Tag;

final class Plugin
{
    private const PARAMETER = 'nextim';
    private const PRUNE = 'nextim_prune';
    public const SCHEMA = 'nextim_schema';
    private const ERASE = 'nextim_erase';
    /** How long ending all sessions may take when the plugin is deactivated, in seconds. */
    private const FAREWELL_S = 5;

    public readonly Options $options;
    public readonly WpDb $db;
    private ?Handler $handler = null;

    public function __construct(private readonly string $file)
    {
        global $wpdb;
        $this->options = new Options($this->isNetwork());
        $this->db = new WpDb($wpdb, $this->options->isNetwork ? $wpdb->base_prefix : $wpdb->prefix);
    }

    public function start(): void
    {
        register_activation_hook($this->file, fn(bool $isNetwork = false) => $this->activate($isNetwork));
        register_deactivation_hook($this->file, fn() => $this->deactivate());
        $languages = dirname(plugin_basename($this->file)) . '/languages';
        add_action('init', fn() => load_plugin_textdomain('nextim', false, $languages));
        add_action('plugins_loaded', fn() => $this->route(), 20);
        add_action('init', fn() => $this->mendCookie(), 1);
        $this->followCookie();
        add_action('wp_footer', fn() => $this->tag(), 99);
        add_action(self::PRUNE, fn() => $this->prune());
        add_action(self::ERASE, fn(int $id) => $this->erase($id));
        (new Events($this))->start();
        (new PersonalData($this))->start();
        if (is_admin()) {
            (new SettingsPage($this, new Check($this)))->start(plugin_basename($this->file));
            (new ProfileSection($this))->start();
        }
    }

    public function handler(): Handler
    {
        if ($this->handler === null) {
            $config = $this->options->config();
            $this->handler = new Handler($this->host(), $this->db, new Im($config), $config);
        }
        return $this->handler;
    }

    /** The adapter; a site may bring its own by the filter `nextim_host`. */
    private function host(): Adapter
    {
        $own = BuddyPress::isThere() ? new BuddyPress($this->options) : new Host($this->options);
        $host = apply_filters('nextim_host', $own, $this->options);
        return $host instanceof Adapter ? $host : $own;
    }

    public function privacy(): Privacy
    {
        return new Privacy(new Store($this->db), $this->options->config());
    }

    private function isNetwork(): bool
    {
        $active = is_multisite() ? (array) get_site_option('active_sitewide_plugins', []) : [];
        return isset($active[plugin_basename($this->file)]);
    }

    /** @param bool $isNetwork WordPress notes only afterwards that the plugin is active for the network */
    private function activate(bool $isNetwork): void
    {
        global $wpdb;
        $isNetwork = $isNetwork && is_multisite();
        $this->onSite($isNetwork, function () use ($wpdb, $isNetwork): void {
            (new Migrations(new WpDb($wpdb, $isNetwork ? $wpdb->base_prefix : $wpdb->prefix)))->migrate();
            update_option(self::SCHEMA, Migrations::LAST);
            if (!wp_next_scheduled(self::PRUNE)) {
                wp_schedule_event(time() + HOUR_IN_SECONDS, 'daily', self::PRUNE);
            }
        });
    }

    /** Pages that are open get a clear end. Messages and settings are kept. */
    private function deactivate(): void
    {
        $this->onSite($this->options->isNetwork, fn() => wp_clear_scheduled_hook(self::PRUNE));
        try {
            $rows = (new Store($this->db))->rows('SELECT DISTINCT "user" FROM {tickets} LIMIT 1000');
        } catch (DbError) {
            return;
        }
        $end = microtime(true) + self::FAREWELL_S;
        foreach (array_column($rows, 'user') as $user) {
            $this->handler()->tell()->loggedOutEverywhere((string) $user);
            if (microtime(true) >= $end) {
                break;
            }
        }
    }

    /** Runs it on the main site of the network, if the chat is the network's. @param callable(): void $what */
    public function onSite(bool $isNetwork, callable $what): void
    {
        $isNetwork && switch_to_blog(get_main_site_id());
        $what();
        $isNetwork && restore_current_blog();
    }

    /**
     * WordPress does not activate a plugin again that was updated. The option is read with all others at the start of
     * each request, so it costs no query.
     */
    private function update(): void
    {
        if ((int) get_option(self::SCHEMA) < Migrations::LAST) {
            (new Migrations($this->db))->migrate();
            update_option(self::SCHEMA, Migrations::LAST);
        }
    }

    /** Answers a call of the bar. Most need nothing that WordPress loads later, and no theme. */
    private function route(): void
    {
        $endpoint = $_GET[self::PARAMETER] ?? null;
        if (!is_string($endpoint) || $endpoint === '') {
            return;
        }
        if (BuddyPress::isThere()) {
            add_action('init', fn() => $this->answer($endpoint), 20);
            return;
        }
        $this->answer($endpoint);
    }

    private function answer(string $endpoint): never
    {
        foreach (['DONOTCACHEPAGE', 'DONOTCACHEOBJECT', 'DONOTCACHEDB'] as $name) {
            defined($name) || define($name, true);
        }
        $this->update();
        if ($this->options->isNetwork && is_subdomain_install()) {
            // Each host answers its own pages: cookies of one do not reach another.
            switch_to_blog(get_main_site_id());
        }
        $response = $this->isMain()
            ? $this->handler()->handle(Sapi::request($endpoint))
            : Response::json(['error' => __('The chat is on the main site of this network.', 'nextim')], 404);
        while (ob_get_level() > 0) {
            ob_end_clean();
        }
        Sapi::send($response);
        exit;
    }

    private function isMain(): bool
    {
        return !$this->options->isNetwork || is_main_site();
    }

    /** The cookie that tells the bar who is logged in follows the session of WordPress. */
    private function mendCookie(): void
    {
        $isCall = isset($_GET[self::PARAMETER]);
        if ($isCall || headers_sent() || wp_doing_cron() || (defined('WP_CLI') && WP_CLI)) {
            return;
        }
        $request = Sapi::request('');
        $this->sendCookie($request, $this->handler()->site->host->me($request));
    }

    /** The page after a log-in or a log-out may come from a cache, so their own answers have the cookie, too. */
    private function followCookie(): void
    {
        add_action('set_logged_in_cookie', function (string $cookie, int $expire, int $expiration, int $id): void {
            $me = new Person((string) $id, (string) $id, '', expires: $expiration * 1000);
            $this->sendCookie(Sapi::request(''), $me);
        }, 10, 4);
        add_action('clear_auth_cookie', fn() => $this->sendCookie(Sapi::request(''), null));
    }

    private function sendCookie(Request $request, ?Person $me): void
    {
        $cookie = headers_sent() ? null : (new Tag($this->options->config()))->cookie($request, $me);
        if ($cookie !== null) {
            header("Set-Cookie: $cookie", false);
        }
    }

    /** The bar's script, but not on printed, embedded and previewed pages. Optimisers must leave it alone. */
    private function tag(): void
    {
        $isOdd = is_embed() || is_feed() || is_customize_preview() || isset($_GET['print']);
        if ($isOdd || $this->options->all()['public_url'] === '') {
            return;
        }
        $lang = match (true) {
            in_array(get_locale(), ['zh_TW', 'zh_HK'], true) => 'zh-TW',
            str_starts_with(get_locale(), 'zh') => 'zh-CN',
            default => 'en',
        };
        $logIn = add_query_arg('redirect_to', '{page}', wp_login_url());
        $attributes = ['data-login' => $logIn, 'data-no-optimize' => '1', 'data-noptimize' => '1',
            'data-cfasync' => 'false'];
        echo (new Tag($this->options->config()))->tag($lang, $attributes), "\n";
    }

    private function prune(): void
    {
        $days = (int) $this->options->all()['days'];
        for ($round = 0; $round < 20 && $this->privacy()->prune($days) > 0; $round++) {
            continue;
        }
    }

    /** Removes what is kept of a user; what does not fit into one call, in the next minute. */
    public function erase(int $id): void
    {
        if (!$this->privacy()->erase((string) $id)) {
            wp_schedule_single_event(time() + MINUTE_IN_SECONDS, self::ERASE, [$id]);
        }
    }
}
