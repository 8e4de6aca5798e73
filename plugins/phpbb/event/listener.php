<?php

/*
 * What the plugin adds to phpBB's own pages and sessions.
 *
 * Owns: the tag, the cookie that tells the bar who is logged in, the permission, and what phpBB's session does at a
 * call of the bar. Must not: pass on what users do; Events does.
 */

declare(strict_types=1);

namespace nextim\bar\event;

use NextIM\Site\Tag;
use nextim\bar\core\Call;
use nextim\bar\core\Plugin;
use phpbb\config\config;
use phpbb\request\request_interface;
use phpbb\template\template;
use phpbb\user;
use Symfony\Component\EventDispatcher\EventSubscriberInterface;

class listener implements EventSubscriberInterface
{
    /** Whether the page is about the log-in or a ban, and no page of the board. */
    private bool $isOdd = false;

    public function __construct(
        private readonly Plugin $plugin,
        private readonly Call $call,
        private readonly user $user,
        private readonly config $config,
        private readonly template $template,
        private readonly request_interface $request,
    ) {
    }

    public static function getSubscribedEvents()
    {
        return [
            'core.permissions' => 'permission',
            'core.session_ip_after' => 'begin',
            'core.session_set_custom_ban' => 'ban',
            'core.login_box_before' => 'logIn',
            'core.page_header_after' => 'page',
        ];
    }

    /** @param \ArrayAccess<string, mixed> $event */
    public function permission($event): void
    {
        $event['permissions'] = [...$event['permissions'], 'u_nextim' => ['lang' => 'ACL_U_NEXTIM', 'cat' => 'misc'],
            'u_nextim_xmpp' => ['lang' => 'ACL_U_NEXTIM_XMPP', 'cat' => 'misc']];
    }

    /**
     * At a change from another site phpBB would begin a new session, and so log the user out. The kit refuses such a
     * change by stricter rules.
     */
    public function begin(): void
    {
        if ($this->call->isNow()) {
            $this->config['referer_validation'] = 0;
        }
    }

    /**
     * For somebody who is banned, phpBB would answer a call of the bar with a page. The adapter asks for the ban
     * itself, and says so. On that page, whose reader phpBB logs out, no bar offers to log in.
     *
     * @param \ArrayAccess<string, mixed> $event
     */
    public function ban($event): void
    {
        if ($event['return'] || !$event['banned']) {
            return;
        }
        if ($this->call->isNow()) {
            $event['banned'] = false;
        } else {
            $this->isOdd = true;
        }
    }

    public function logIn(): void
    {
        $this->isOdd = true;
    }

    public function page(): void
    {
        if (defined('IN_ADMIN') || $this->plugin->options->all()['public_url'] === '') {
            return;
        }
        $this->mendCookie();
        if (!$this->isOdd && !defined('IN_LOGIN') && $this->request->variable('view', '') !== 'print') {
            $tag = new Tag($this->plugin->config());
            $this->template->assign_var('NEXTIM_TAG', $tag->tag($this->language()));
        }
    }

    /** The cookie follows phpBB's session. */
    private function mendCookie(): void
    {
        $request = $this->call->request();
        $cookie = (new Tag($this->plugin->config()))->cookie($request, $this->plugin->host->me($request));
        if ($cookie !== null) {
            $this->send("Set-Cookie: $cookie");
        }
    }

    protected function send(string $header): void
    {
        if (!headers_sent()) {
            header($header, false);
        }
    }

    private function language(): string
    {
        $name = (string) $this->user->lang_name;
        return match (true) {
            in_array($name, ['zh_cmn_hant', 'zh_tw', 'zh_hk'], true) => 'zh-TW',
            str_starts_with($name, 'zh') => 'zh-CN',
            default => 'en',
        };
    }
}
