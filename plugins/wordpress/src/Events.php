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
    public function __construct(private readonly Plugin $plugin)
    {
    }

    public function start(): void
    {
        // The cookie of the session that ended is still in the request.
        add_action('wp_logout', fn() => $this->tell()->loggedOut(wp_get_session_token()));
        add_action('after_password_reset', fn(\WP_User $user)
            => $this->tell()->loggedOutEverywhere((string) $user->ID));
        add_action('profile_update', fn(int $id, \WP_User $old) => $this->updated($id, $old), 10, 2);
        // All sessions of a user were destroyed.
        add_action('deleted_user_meta', fn(mixed $ids, int $id, string $key) => $key === 'session_tokens'
            ? $this->tell()->loggedOutEverywhere((string) $id) : null, 10, 3);
        add_action('deleted_user', fn(int $id) => $this->deleted($id));
        add_action('make_spam_user', fn(int $id) => $this->tell()->banned((string) $id));
        add_action('transition_post_status', fn(string $new, string $old, \WP_Post $post)
            => $this->published($new, $old, $post), 10, 3);
        add_action('friends_friendship_deleted', fn(mixed $id, int $a, int $b)
            => $this->tell()->apart((string) $a, (string) $b), 10, 3);
        $this->startGroups();
    }

    private function startGroups(): void
    {
        $enter = fn(int $group, int $user)
            => $this->tell()->entered((string) $user, (string) $group, $this->nick($user));
        $leave = fn(int $group, int $user) => $this->tell()->left((string) $user, (string) $group, $this->nick($user));
        add_action('groups_join_group', $enter, 10, 2);
        add_action('groups_accept_invite', fn(int $user, int $group) => $enter($group, $user), 10, 2);
        add_action('groups_membership_accepted', fn(int $user, int $group) => $enter($group, $user), 10, 2);
        add_action('groups_leave_group', $leave, 10, 2);
        add_action('groups_remove_member', $leave, 10, 2);
        add_action('groups_ban_member', $leave, 10, 2);
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

    /** A changed password ends all sessions, as the cookies of WordPress depend on it. */
    private function updated(int $id, \WP_User $old): void
    {
        $user = get_userdata($id);
        if ($user !== false && $user->user_pass !== $old->user_pass) {
            $this->tell()->loggedOutEverywhere((string) $id);
        }
    }

    private function deleted(int $id): void
    {
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
