<?php

/*
 * What happens on the site and concerns the chat.
 *
 * Owns: which hook of WordPress or BuddyPress is which event. Must not: throw, or do more than pass it on.
 */

declare(strict_types=1);

namespace NextIM\WordPress;

use NextIM\Site\Tell;

final class Events
{
    /** @var array<int, string> the hashes of new passwords that were passed on, by user */
    private array $passed = [];

    public function __construct(private readonly Plugin $plugin)
    {
    }

    public function start(): void
    {
        // The cookie of the session that ended is still in the request.
        add_action('wp_logout', fn() => $this->tell()->loggedOut(wp_get_session_token()));
        $this->startPasswords();
        add_action('deleted_user_meta', fn(mixed $ids, int $id, string $key) => $this->lost($id, $key), 10, 3);
        add_action('set_user_role', fn(int $id) => $this->changed($id));
        add_action('deleted_user', fn(int $id) => $this->deleted($id));
        add_action('make_spam_user', fn(int $id) => $this->tell()->banned((string) $id));
        add_action('transition_post_status', fn(string $new, string $old, \WP_Post $post)
            => $this->published($new, $old, $post), 10, 3);
        // Of the hooks of BuddyPress, those that come after the change: whoever asks then must not find the old state.
        add_action('friends_friendship_post_delete', fn(int $a, int $b)
            => $this->tell()->apart((string) $a, (string) $b), 10, 2);
        $this->startGroups();
    }

    /**
     * A changed password ends all sessions, as the cookies of WordPress depend on it. `wp_set_password` has an action
     * of its own since WordPress 6.2; before, it is known by the user whom it drops from the cache.
     */
    private function startPasswords(): void
    {
        add_action('after_password_reset', fn(\WP_User $user) => $this->newPassword($user->ID));
        add_action('profile_update', fn(int $id, \WP_User $old) => $this->updated($id, $old), 10, 2);
        add_action('wp_set_password', function (string $password, int $id, ?\WP_User $old = null): void {
            // WordPress hashes a password anew at a log-in, when it has a better hash.
            if ($old === null || !wp_check_password($password, $old->user_pass)) {
                $this->newPassword($id);
            }
        }, 10, 3);
        if (!is_wp_version_compatible('6.2')) {
            add_action('clean_user_cache', fn(int $id, \WP_User $old) => $this->updated($id, $old), 10, 2);
        }
    }

    private function startGroups(): void
    {
        $enter = fn(int $group, int $user)
            => $this->tell()->entered((string) $user, (string) $group, $this->nick($user));
        $leave = fn(int $group, int $user) => $this->tell()->left((string) $user, (string) $group, $this->nick($user));
        add_action('groups_join_group', $enter, 10, 2);
        add_action('groups_accept_invite', fn(int $user, int $group) => $enter($group, $user), 10, 2);
        add_action('groups_membership_accepted', fn(int $user, int $group) => $enter($group, $user), 10, 2);
        add_action('group_member_unbanned', fn(int $user, int $group) => $enter($group, $user), 10, 2);
        add_action('groups_leave_group', $leave, 10, 2);
        add_action('groups_member_after_remove', fn(object $member)
            => $leave((int) $member->group_id, (int) $member->user_id));
        add_action('groups_member_after_save', fn(object $member) => $member->is_banned
            ? $leave((int) $member->group_id, (int) $member->user_id) : null);
        add_action('groups_delete_group', fn(int $group) => $this->tell()->roomGone((string) $group));
    }

    private function tell(): Tell
    {
        return $this->plugin->handler()->tell();
    }

    private function nick(int $id): string
    {
        $user = get_userdata($id);
        return $user === false ? '' : $user->display_name;
    }

    private function updated(int $id, \WP_User $old): void
    {
        $user = get_userdata($id);
        if ($user !== false && $user->user_pass !== $old->user_pass) {
            $this->newPassword($id);
        }
    }

    /** Several hooks may be about one change. */
    private function newPassword(int $id): void
    {
        $hash = get_userdata($id)->user_pass ?? '';
        if (($this->passed[$id] ?? null) !== $hash) {
            $this->passed[$id] = $hash;
            $this->tell()->newPassword((string) $id);
        }
    }

    /** All sessions of a user were destroyed, or the user was removed from a site of a network. */
    private function lost(int $id, string $key): void
    {
        global $wpdb;
        $isRemoved = is_multisite() && !$this->plugin->options->isNetwork && $key === "{$wpdb->prefix}capabilities";
        if ($key === 'session_tokens' || $isRemoved) {
            $this->tell()->loggedOutEverywhere((string) $id);
        }
    }

    /** The new role of a user may be one that may not chat. */
    private function changed(int $id): void
    {
        $roles = Options::words((string) $this->plugin->options->all()['roles']);
        if ($roles !== [] && array_intersect($roles, get_userdata($id)->roles ?? []) === []) {
            $this->tell()->loggedOutEverywhere((string) $id);
        }
    }

    private function deleted(int $id): void
    {
        if (get_userdata($id) !== false) {
            // A user who was removed from one site of a network is still there.
            $this->tell()->loggedOutEverywhere((string) $id);
            return;
        }
        $this->tell()->erased((string) $id);
        $this->plugin->erase($id);
    }

    private function published(string $new, string $old, \WP_Post $post): void
    {
        $isNew = $new === 'publish' && $old !== 'publish' && $post->post_type === 'post' && $post->post_password === '';
        if ($isNew && $this->plugin->options->all()['channels']) {
            $title = html_entity_decode(wp_strip_all_tags($post->post_title), ENT_QUOTES, 'UTF-8');
            $this->tell()->posted(Host::CHANNEL, Host::siteName(), $title, (string) get_permalink($post));
        }
    }
}
