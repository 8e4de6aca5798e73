<?php

/*
 * The members of a WordPress site, as the kit asks for them.
 *
 * Owns: what WordPress itself knows: users and roles. Must not: use what WordPress loads after its plugins, such as
 * rewriting rules: the endpoints run before.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

use NextIM\Site\Person;
use NextIM\Site\Relations;
use NextIM\Site\RelationsHost;
use NextIM\Site\Request;
use NextIM\Site\Wanted;

class Host implements RelationsHost
{
    public const CHANNEL = 'channel:posts';
    private const CONTACTS = 500;

    private bool $hasLooked = false;
    /** @var list<int> users whom the request names; the next query that reads users reads them, too */
    protected array $alongside = [];
    /** Whether contacts may be looked for among those alone. */
    protected bool $areThoseEnough = false;

    public function __construct(protected readonly Options $options)
    {
    }

    public function me(Request $request): ?Person
    {
        $cookie = wp_parse_auth_cookie('', 'logged_in');
        if ($cookie === false) {
            return null;
        }
        if ($this->hasLooked) {
            // The second look of a request is for what has changed since the first one, perhaps in another process.
            $user = get_user_by('login', $cookie['username']);
            clean_user_cache($user === false ? 0 : $user);
            wp_cache_delete($user === false ? 0 : $user->ID, 'user_meta');
        }
        $this->hasLooked = true;
        $id = wp_validate_auth_cookie('', 'logged_in');
        $user = $id === false ? false : get_userdata($id);
        if ($user === false) {
            return null;
        }
        return $this->person($user, '', (string) $cookie['token'], (int) $cookie['expiration'] * 1000);
    }

    /** Whether a user is one of the chat's: not marked as spam or deleted, and a member of the site, if it has its own. */
    protected function isMember(\WP_User $user): bool
    {
        $isGone = is_multisite() && (!empty($user->spam) || !empty($user->deleted));
        $isGone = $isGone || (is_multisite() && !$this->options->isNetwork && !is_user_member_of_blog($user->ID));
        return !$isGone && (bool) apply_filters('nextim_is_member', true, $user);
    }

    public function people(array $ids, array $uids): array
    {
        return $this->persons($this->read(self::numbers([...$ids, ...$uids])));
    }

    /** Users are read at once: those whom the request names, and the contacts. */
    public function relations(Person $me, array $ids, array $uids, Wanted $contacts): Relations
    {
        $named = self::numbers([...$ids, ...$uids]);
        [$this->alongside, $this->areThoseEnough] = [$named, $contacts === Wanted::Those];
        $found = $contacts === Wanted::Nobody ? [] : $this->contacts($me);
        $users = $this->alongside === [] ? self::kept($named) : $this->read($named);
        return new Relations($this->persons($users), $found, $this->apart($me));
    }

    /** Without friendships, the other members who may chat. */
    public function contacts(Person $me): array
    {
        $ids = $this->areThoseEnough ? array_diff($this->alongside, [(int) $me->id]) : $this->members((int) $me->id);
        return $this->persons($this->read(array_values($ids)), true);
    }

    /** @return list<int> */
    private function members(int $me): array
    {
        $most = (int) apply_filters('nextim_contacts_max', self::CONTACTS);
        $roles = $this->roles();
        // Roles are those on the site that answers; without them all users of a network are members of its chat.
        $where = $roles !== [] ? ['role__in' => $roles] : ($this->options->isNetwork ? ['blog_id' => 0] : []);
        $query = new \WP_User_Query($where + ['exclude' => [$me], 'number' => max(1, min(2000, $most)),
            'orderby' => 'display_name', 'fields' => 'ID', 'count_total' => false]);
        return array_values(array_map(intval(...), $query->get_results()));
    }

    /**
     * Those of these users that there are, by one query for users and one for what belongs to them. `get_userdata`
     * would ask for each that is not there.
     *
     * @param list<int> $ids
     * @return list<\WP_User>
     */
    protected function read(array $ids): array
    {
        cache_users(array_unique([...$ids, ...$this->alongside]));
        $this->alongside = [];
        return self::kept($ids);
    }

    /**
     * Those of these users whom WordPress's cache has.
     *
     * @param list<int> $ids
     * @return list<\WP_User>
     */
    protected static function kept(array $ids): array
    {
        $rows = array_filter(array_map(fn(int $id): mixed => wp_cache_get($id, 'users'), $ids));
        return array_map(fn(object $row): \WP_User => new \WP_User($row), array_values($rows));
    }

    /**
     * @param list<string> $ids
     * @return list<int> those that are a number of a user, each once
     */
    protected static function numbers(array $ids): array
    {
        $isNumber = fn(string $id): bool => preg_match('/^[1-9]\d{0,17}$/D', $id) === 1;
        return array_values(array_unique(array_map(intval(...), array_filter($ids, $isNumber))));
    }

    public function rooms(Person $me, ?array $ids = null): array
    {
        return [];
    }

    public function apart(Person $me): array
    {
        return [];
    }

    public function block(Person $me, string $id, bool $on): bool
    {
        return false;
    }

    public function rank(string $id): int
    {
        $user = (int) $id;
        return match (true) {
            user_can($user, 'manage_options') => 2,
            user_can($user, 'moderate_comments') => 1,
            default => 0,
        };
    }

    public function ban(Person $me, string $id, ?int $until, string $reason): bool
    {
        return false;
    }

    public function may(Person $me, string $act, ?string $target = null): ?string
    {
        $isAllowed = match ($act) {
            'chat' => $this->mayEnter(new \WP_User((int) $me->id)),
            'broadcast' => user_can((int) $me->id, 'manage_options'),
            'moderate' => user_can((int) $me->id, 'moderate_comments'),
            'xmpp' => self::isInRole(new \WP_User((int) $me->id), $this->roles('xmpp_roles')),
            default => true,
        };
        $words = $isAllowed ? null : __('You may not do this.', 'nextim');
        $words = apply_filters('nextim_may', $words, $me->id, $act, $target);
        return is_string($words) ? $words : null;
    }

    private function mayEnter(\WP_User $user): bool
    {
        return $this->isMember($user) && self::isInRole($user, $this->roles());
    }

    /** @param list<string> $roles if there are none, all roles */
    private static function isInRole(\WP_User $user, array $roles): bool
    {
        return $roles === [] || array_intersect($roles, $user->roles) !== [] || is_super_admin($user->ID);
    }

    public function edit(Person $me, string $body): string
    {
        return (string) apply_filters('nextim_message', $body, $me->id);
    }

    public function logIn(string $name, string $password): ?Person
    {
        return null;
    }

    public function notices(Person $me): array
    {
        return (array) apply_filters('nextim_notices', [], $me->id);
    }

    public function extras(Person $me): array
    {
        $channel = ['id' => self::CHANNEL, 'nick' => self::siteName(), 'url' => $this->options->home()];
        $extras = ['menu' => [], 'channels' => $this->options->all()['channels'] ? [$channel] : []];
        return apply_filters('nextim_extras', $extras, $me->id);
    }

    public static function siteName(): string
    {
        return html_entity_decode((string) get_option('blogname'), ENT_QUOTES, 'UTF-8');
    }

    public function log(string $level, string $text): void
    {
        if ($level === 'error' || (defined('WP_DEBUG') && WP_DEBUG)) {
            error_log("nextim: $level: $text");
        }
    }

    /**
     * Those of these users who are members and may chat.
     *
     * @param list<\WP_User> $users
     * @return list<Person>
     */
    protected function persons(array $users, bool $areContacts = false): array
    {
        $isOne = fn(\WP_User $user): bool => $this->mayEnter($user);
        $shown = fn(\WP_User $user): Person => $this->person($user, $areContacts ? $this->group($user) : '');
        return array_map($shown, array_values(array_filter($users, $isOne)));
    }

    /** @return list<string> the roles that may chat, or do so by XMPP; none if all may */
    private function roles(string $setting = 'roles'): array
    {
        return Options::words((string) $this->options->all()[$setting]);
    }

    /** The contact group of a member: the role. */
    private function group(\WP_User $user): string
    {
        $name = wp_roles()->role_names[$user->roles[0] ?? ''] ?? '';
        return $name === '' ? 'friend' : translate_user_role($name);
    }

    protected function person(\WP_User $user, string $group, string $session = '', ?int $expires = null): Person
    {
        $id = (string) $user->ID;
        $picture = (string) get_avatar_url($user, ['size' => 64]);
        return new Person($id, $id, $user->display_name, $this->url($user), $picture, '', $group, $session, $expires);
    }

    /** The page of a user. The rules for pretty addresses are not there yet; WordPress redirects to them. */
    protected function url(\WP_User $user): string
    {
        return $this->options->home() . "?author=$user->ID";
    }
}
