<?php

/*
 * The plugin: the parts that hooks, endpoints and pages share.
 *
 * Owns: one handler a request, the tag and its cookie. Must not: decide what the chat does; the kit does.
 */

declare(strict_types=1);

namespace NextIM\Discuz;

use NextIM\Site\Handler;
use NextIM\Site\Im;
use NextIM\Site\Migrations;
use NextIM\Site\Person;
use NextIM\Site\Privacy;
use NextIM\Site\Request;
use NextIM\Site\Response;
use NextIM\Site\Sapi;
use NextIM\Site\Store;
use NextIM\Site\Tag;
use NextIM\Site\Tell;
use NextIM\Site\Transport;

final class Plugin
{
    /** Links to members, but not to lists of what they have written. */
    private const USER_LINKS = '[?&]mod=space&uid=(\d+)$ space-uid-(\d+)\.html$';

    public readonly Options $options;
    public readonly DzDb $db;
    public readonly Host $host;
    private ?Handler $handler = null;
    private static ?self $current = null;

    /** @param bool $isOwn whether the request is one of the bar, and no page of the forum */
    public function __construct(bool $isOwn = false, private readonly ?Transport $transport = null)
    {
        $this->options = new Options();
        $this->db = new DzDb($isOwn);
        $this->host = new Host($this->options);
    }

    /** The plugin of this request. */
    public static function current(): self
    {
        return self::$current ??= new self();
    }

    public static function use(?self $plugin): void
    {
        self::$current = $plugin;
    }

    public function handler(): Handler
    {
        if ($this->handler === null) {
            $config = $this->options->config();
            $im = $this->transport === null ? new Im($config) : new Im($config, $this->transport);
            $this->handler = new Handler($this->host, $this->db, $im, $config);
        }
        return $this->handler;
    }

    public function tell(): Tell
    {
        return $this->handler()->tell();
    }

    public function store(): Store
    {
        return new Store($this->db);
    }

    public function privacy(): Privacy
    {
        return new Privacy($this->store(), $this->options->config());
    }

    /** Answers a call of the bar. */
    public function answer(Request $request): Response
    {
        if (!in_array('nextim', (array) getglobal('setting/plugins/available'), true)) {
            return Response::json(['error' => Words::of('disabled')], 404);
        }
        $this->update();
        return $this->handler()->handle($request);
    }

    /** New files may have been copied without a click on "upgrade". */
    private function update(): void
    {
        if ($this->options->all()['schema'] < Migrations::LAST) {
            (new Migrations($this->db))->migrate();
            $this->options->migrated();
        }
    }

    /** The bar's script, the same for everybody, but not where members log in, nor in parts of pages. */
    public function tag(): string
    {
        global $_G;
        $all = $this->options->all();
        $isOdd = $_G['basescript'] === 'member' || !empty($_G['inajax']);
        if ($isOdd || $all['public_url'] === '' || $all['site_urls'] === '') {
            return '';
        }
        $more = ['data-user-links' => self::USER_LINKS];
        return (new Tag($this->options->config()))->tag((string) $all['language'], $more);
    }

    /** Without XMPP, Discuz's settings of a member list no page for chat passwords. */
    public function hidePasswords(): void
    {
        global $_G;
        if ($this->options->config()->xmpp === '') {
            unset($_G['setting']['plugins']['spacecp']['nextim:passwords']);
        }
    }

    /** The cookie that tells the bar who is logged in follows the session of Discuz. */
    public function mendCookie(): void
    {
        global $_G;
        if ($this->options->all()['public_url'] === '') {
            return;
        }
        $uid = (int) ($_G['uid'] ?? 0);
        $this->setCookie($uid > 0 ? new Person((string) $uid, (string) $uid, '') : null);
    }

    public function setCookie(?Person $me): void
    {
        $cookie = (new Tag($this->options->config()))->cookie(Sapi::request(''), $me);
        if ($cookie !== null) {
            Page::header("Set-Cookie: $cookie");
        }
    }
}
