<?php

/*
 * The hooks of Discuz. It finds them by the names of these classes and functions, on the desktop and on phones.
 *
 * Owns: which hook calls what. Must not: do more than call it: Discuz includes this file in every page.
 */

declare(strict_types=1);

use NextIM\Discuz\Events;
use NextIM\Discuz\Plugin;

if (!defined('IN_DISCUZ')) {
    exit('Access Denied');
}

require_once __DIR__ . '/src/autoload.php';

class plugin_nextim
{
    public function common(): void
    {
        Plugin::current()->mendCookie();
        Plugin::current()->hidePasswords();
    }

    public function global_footer(): string
    {
        return Plugin::current()->tag();
    }

    /** @param array<string, mixed> $hook */
    public function deletemember(array $hook): void
    {
        (new Events(Plugin::current()))->membersDeleted($hook);
    }

    /** @param array<string, mixed> $hook */
    public function savebanlog(array $hook): void
    {
        (new Events(Plugin::current()))->banLogged((array) ($hook['param'] ?? []));
    }
}

class mobileplugin_nextim extends plugin_nextim
{
    /** Above the row of buttons at the foot of Discuz's pages for phones. */
    private const PLACE = '<style>nextim-bar::part(bar) { margin-block-end: 58px; }</style>';

    public function global_footer_mobile(): string
    {
        $tag = Plugin::current()->tag();
        return $tag === '' ? '' : $tag . self::PLACE;
    }
}

class plugin_nextim_member
{
    public function logging_nextim(): void
    {
        (new Events(Plugin::current()))->loggingOut();
    }

    /** @param array<string, mixed> $hook */
    public function getpasswd_nextim_message(array $hook): void
    {
        (new Events(Plugin::current()))->passwordReset((array) ($hook['param'] ?? []));
    }
}

class mobileplugin_nextim_member extends plugin_nextim_member
{
}

class plugin_nextim_home
{
    /** @param array<string, mixed> $hook */
    public function spacecp_friend_nextim_message(array $hook): void
    {
        (new Events(Plugin::current()))->friendsChanged((array) ($hook['param'] ?? []));
    }

    /** @param array<string, mixed> $hook */
    public function spacecp_profile_nextim_message(array $hook): void
    {
        (new Events(Plugin::current()))->profileChanged((array) ($hook['param'] ?? []));
    }
}

class mobileplugin_nextim_home extends plugin_nextim_home
{
}

class plugin_nextim_forum
{
    /** @param array<string, mixed> $hook */
    public function post_nextim_message(array $hook): void
    {
        (new Events(Plugin::current()))->posted((array) ($hook['param'] ?? []));
    }
}

class mobileplugin_nextim_forum extends plugin_nextim_forum
{
}

/** The pages of groups: Discuz counts them as another part, although they are in `forum.php`. */
class plugin_nextim_group
{
    /** @param array<string, mixed> $hook */
    public function group_nextim_message(array $hook): void
    {
        (new Events(Plugin::current()))->groupChanged((array) ($hook['param'] ?? []));
    }
}

class mobileplugin_nextim_group extends plugin_nextim_group
{
}
