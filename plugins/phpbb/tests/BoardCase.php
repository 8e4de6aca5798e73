<?php

/*
 * What the tests of the plugin share.
 *
 * Owns: a board with some users, and a message server that records calls. Must not: test anything.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use NextIM\Site\Im;
use NextIM\Site\Migrations;
use NextIM\Site\Tests\PuppetIm;
use nextim\bar\core\Board;
use nextim\bar\core\Call;
use nextim\bar\core\Dbal;
use nextim\bar\core\Host;
use nextim\bar\core\Options;
use nextim\bar\core\Plugin;
use PHPUnit\Framework\TestCase;
use phpbb\auth\auth;
use phpbb\avatar\manager;
use phpbb\config\config;
use phpbb\config\db_text;
use phpbb\language\language;
use phpbb\request\request;
use phpbb\routing\helper;
use phpbb\symfony_request;
use phpbb\template\template;
use phpbb\user;
use phpbb\world;
use Symfony\Component\DependencyInjection\ContainerInterface;

abstract class BoardCase extends TestCase
{
    protected const ALICE = '2';
    protected const BOB = '3';
    protected const CAROL = '4';
    protected const ROOT = '5';
    protected const SESSION = 'alices-session';

    protected Sqlite $db;
    protected config $config;
    protected db_text $texts;
    protected user $user;
    protected auth $auth;
    protected request $request;
    protected symfony_request $symfony;
    protected helper $routes;
    protected language $language;
    protected template $template;
    /** phpBB's notifications: what is found, and what was asked. */
    protected object $notices;
    protected PuppetIm $im;
    protected Options $options;
    protected Board $board;
    protected Host $host;
    protected Call $call;
    protected Plugin $plugin;

    protected function setUp(): void
    {
        [world::$bans, world::$forms, world::$isFormRight] = [[], [], true];
        $_SERVER = ['REQUEST_METHOD' => 'GET'];
        $this->db = new Sqlite();
        $this->config = new config(['server_name' => 'forum.example', 'server_protocol' => 'https://', 'server_port' => 443,
            'script_path' => '/forum', 'cookie_name' => 'phpbb', 'cookie_secure' => 1, 'session_length' => 3600,
            'max_autologin_time' => 0, 'forwarded_for_check' => 0, 'allow_avatar' => 1, 'referer_validation' => 1,
            'version' => '3.3.15', 'nextim_server' => 'http://127.0.0.1:1', 'nextim_public_url' => 'https://im.example',
            'nextim_domain' => 'forum.example', 'nextim_apikey' => 'key']);
        $this->user = new user($this->db);
        $this->auth = new auth();
        $this->auth->rights = [2 => ['u_nextim'], 3 => ['u_nextim'], 5 => ['u_nextim', 'a_']];
        $this->request = new request();
        $this->symfony = new symfony_request();
        $this->routes = new helper();
        $this->language = new language();
        $this->template = new template();
        $this->texts = new db_text();
        $this->im = new PuppetIm();
        $this->notices = new class {
            /** @var list<object> */
            public array $found = [];
            /** @var array<array-key, mixed> */
            public array $asked = [];

            public function load_notifications(string $method, array $options): array
            {
                $this->asked = [$method, $options];
                return ['notifications' => $this->found];
            }
        };
        $this->options = new Options($this->config, $this->user, $this->request, $this->routes);
        $this->board = new Board($this->container(), $this->options, '/srv/forum/', 'php');
        $this->call = new Call($this->request, $this->symfony, 'php');
        $dbal = new Dbal($this->db, 'phpbb_');
        (new Migrations($dbal))->migrate();
        $this->host = new Host($this->db, $this->user, $this->auth, $this->config, $this->options, $this->board);
        $this->plugin = new class ($this->im, $this->options, $dbal, $this->host, $this->texts) extends Plugin {
            public function __construct(private readonly PuppetIm $puppet, mixed ...$parts)
            {
                parent::__construct(...$parts);
            }

            public function im(): Im
            {
                return new Im($this->config(), $this->puppet);
            }
        };
        $this->db->statements = [];
    }

    private function container(): ContainerInterface
    {
        $parts = ['config' => $this->config, 'avatar.manager' => new manager(), 'language' => $this->language,
            'path_helper' => new class {
                public function get_web_root_path(): string
                {
                    return './../';
                }
            },
            'group_helper' => new class {
                public function get_name(string $name): string
                {
                    return $name;
                }
            },
            'notification_manager' => $this->notices,
            'cache' => new class {
                public function obtain_word_list(): array
                {
                    return ['match' => ['#(?<!\w)darn(?!\w)#iu'], 'replace' => ['&quot;oh&quot;']];
                }
            }];
        return new class ($parts) implements ContainerInterface {
            public function __construct(private readonly array $parts)
            {
            }

            public function get(string $name): object
            {
                return $this->parts[$name];
            }
        };
    }

    /** Alice, or another user, is logged in. */
    protected function logIn(string $id = self::ALICE): void
    {
        $now = time();
        $this->db->file->exec("DELETE FROM phpbb_sessions");
        $this->db->file->exec("INSERT INTO phpbb_sessions VALUES ('" . self::SESSION . "', $id, $now, 0)");
        $row = $this->db->file->querySingle("SELECT u.*, s.session_time, s.session_autologin FROM phpbb_users u,
            phpbb_sessions s WHERE u.user_id = $id", true);
        $this->user->data = ['is_registered' => true, 'is_bot' => false] + $row;
        $this->user->session_id = self::SESSION;
        $this->auth->acl($row);
    }

    /** A request of a page of the board. @param array<string, string> $server */
    protected function send(string $method, array $server = []): void
    {
        $_SERVER = $server + ['REQUEST_METHOD' => $method, 'HTTP_ORIGIN' => 'https://forum.example',
            'HTTP_SEC_FETCH_SITE' => 'same-origin', 'HTTP_COOKIE' => '', 'QUERY_STRING' => ''];
    }

    /** @param array<string, mixed> $values */
    protected function event(array $values): \ArrayObject
    {
        return new \ArrayObject($values);
    }
}
