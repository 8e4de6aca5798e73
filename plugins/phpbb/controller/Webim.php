<?php

/*
 * The bar's endpoints.
 *
 * Owns: the way from phpBB's router to the kit and back, and how long a chat keeps phpBB's session. Must not: render a
 * page of the board.
 */

declare(strict_types=1);

namespace nextim\bar\controller;

use nextim\bar\core\Call;
use nextim\bar\core\Plugin;
use phpbb\db\driver\driver_interface;
use phpbb\user;
use Symfony\Component\HttpFoundation\Response;

final class Webim
{
    /** What a person does, not a page by itself: it keeps the session, as a page of the board would. */
    private const KEEPS = ['message'];
    /** phpBB writes the time of a session no more often. */
    private const PAUSE_S = 60;

    public function __construct(
        private readonly Plugin $plugin,
        private readonly Call $call,
        private readonly user $user,
        private readonly driver_interface $db,
    ) {
    }

    public function answer(string $endpoint): Response
    {
        $found = $this->plugin->handler()->handle($this->call->request($endpoint));
        if ($found->status === 200 && in_array($endpoint, self::KEEPS, true)) {
            $this->keepSession();
        }
        if (in_array($endpoint, ['undelivered', 'xmpp'], true)) {
            $this->dropSession();
        }
        $response = new Response($found->body, $found->status);
        $response->headers->set('Content-Type', $found->type);
        foreach ($found->headers as [$name, $value]) {
            $response->headers->set($name, $value);
        }
        return $response;
    }

    private function keepSession(): void
    {
        if (time() - (int) $this->user->data['session_time'] > self::PAUSE_S) {
            $this->user->update_session(['session_time' => time()]);
        }
    }

    /** phpBB has made a session for the message server or the gateway, which sends no cookie and would get one with each call. */
    private function dropSession(): void
    {
        if (!empty($this->user->data['session_created']) && (int) $this->user->data['user_id'] === ANONYMOUS) {
            $id = $this->db->sql_escape((string) $this->user->session_id);
            $this->db->sql_query('DELETE FROM ' . SESSIONS_TABLE . " WHERE session_id = '$id'");
        }
    }
}
