<?php

/*
 * The endpoints: from a request to an answer.
 *
 * Owns: the list of endpoints, the checks that come before each, and the headers of every answer. Must not: read
 * globals, send anything, or end the process; the host does.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Handler
{
    /** Each endpoint, and whether it reads, changes or acts; an act is a change with a rate of its own. */
    private const ENDPOINTS = [
        'offline' => ['changes', [Presence::class, 'offline']],
        'refresh' => ['changes', [Presence::class, 'offline']],
        'missed' => ['changes', [Missed::class, 'missed']],
        'presence' => ['acts', [Presence::class, 'presence']],
        'status' => ['changes', [Presence::class, 'typing']],
        'message' => ['changes', [Messages::class, 'message']],
        'buddies' => ['reads', [Contacts::class, 'buddies']],
        'buddy' => ['reads', [Contacts::class, 'buddies']],
        'block' => ['acts', [Contacts::class, 'block']],
        'unblock' => ['acts', [Contacts::class, 'unblock']],
        'rooms' => ['reads', [Rooms::class, 'rooms']],
        'join' => ['acts', [Rooms::class, 'join']],
        'leave' => ['acts', [Rooms::class, 'leave']],
        'members' => ['reads', [Rooms::class, 'members']],
        'history' => ['reads', [History::class, 'history']],
        'histories' => ['reads', [History::class, 'history']],
        'clear_history' => ['acts', [History::class, 'clear']],
        'download_history' => ['reads', [History::class, 'download']],
        'notifications' => ['reads', [Notifications::class, 'notifications']],
        'notification' => ['reads', [Notifications::class, 'notifications']],
        'setting' => ['acts', [Settings::class, 'setting']],
    ];

    public readonly Site $site;
    /** Who asks; false while nobody has looked. */
    private Person|false|null $me = false;

    public function __construct(Host $host, Db $db, Im $im, private readonly Config $config)
    {
        $this->site = new Site($host, new Store($db), $im, $config);
    }

    public function handle(Request $request): Response
    {
        $this->me = false;
        try {
            $response = $this->answer($request);
        } catch (Refusal $refusal) {
            $response = Jsonp::refused($refusal);
        } catch (DbError $error) {
            $this->site->log('error', 'database: ' . $error->getMessage());
            $response = Jsonp::refused(Refusal::unavailable());
        } catch (\Throwable $error) {
            $where = basename($error->getFile()) . ':' . $error->getLine();
            $this->site->log('error', "{$request->endpoint} failed: " . $error::class . " at $where");
            $response = Jsonp::refused(new Refusal(500, 'The site has failed.'));
        }
        $cookie = $this->me === false ? null : (new Tag($this->config))->cookie($request, $this->me);
        $response = $cookie === null ? $response : $response->with('Set-Cookie', $cookie);
        return Jsonp::finish($request, $this->config, $response)
            ->with('X-Content-Type-Options', 'nosniff')
            ->with('Cache-Control', 'no-store');
    }

    /** For the page on which members make passwords for their devices. */
    public function chatPasswords(): ChatPasswords
    {
        return new ChatPasswords($this->site);
    }

    /** For the events on the host's pages. */
    public function tell(): Tell
    {
        return $this->site->tell;
    }

    private function answer(Request $request): Response
    {
        if ($request->endpoint === 'undelivered') {
            return Undelivered::undelivered($this->site, $request);
        }
        if ($request->endpoint === 'xmpp') {
            return Xmpp::xmpp($this->site, $request);
        }
        if ($request->changes()) {
            // A page of another origin leaves by a beacon, a POST, even if it uses scripts for all else.
            $others = $request->endpoint === 'refresh' ? $this->config->jsonpOrigins : [];
            Origins::check($request, $this->config, $others);
        }
        if (strlen($request->body) > Limits::FORM_BYTES) {
            throw new Refusal(413, 'This is too long.');
        }
        if ($request->endpoint === 'online') {
            Jsonp::admit($request, $this->config, true);
            $online = new Online($this->site, $request->params, fn(): ?Person => $this->site->host->me($request));
            $this->me = $online->logIn();
            return $online->online($this->me);
        }
        [$effect, $function] = self::ENDPOINTS[$request->endpoint] ?? throw Refusal::notFound('There is no such page.');
        Jsonp::admit($request, $this->config, $effect !== 'reads');
        $me = $this->me($request);
        if ($effect === 'acts') {
            $this->site->rates->act($me->id, $request->endpoint);
        }
        return $function($this->site, $me, $request->params);
    }

    private function me(Request $request): Person
    {
        $this->me = $this->site->host->me($request);
        $me = $this->me ?? throw Refusal::logInFirst();
        if (!Person::isName($me->id)) {
            throw Refusal::forbidden(Refusal::UNUSABLE);
        }
        $this->site->mustMay($me, 'chat');
        return $me;
    }
}
