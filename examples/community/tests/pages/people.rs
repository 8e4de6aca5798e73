//! Members, profiles, friendship and blocks.

use nextim_community::site::Options;
use nextim_community::store::friends;
use nextim_community::webim::Xmpp;

use crate::harness::World;

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
const ESCAPED: &str = "&#60;script&#62;alert(1)";

#[test]
fn every_address_of_a_user_leads_to_the_same_page() {
    let world = World::new();
    let nobody = world.browser();
    for path in ["/space.php?uid=1", "/home.php?mod=space&uid=1", "/space-uid-1.html"] {
        nobody.get(path).leads_to("/u/alice");
    }
    nobody.get("/space.php?uid=").is(404);
}

#[test]
fn pages_have_links_to_users_in_all_four_forms() {
    let world = World::new();
    let alice = world.user("alice");
    alice.get("/forum/1").has(&["href=\"/space.php?uid=2\""]);
    alice.get("/members").has(&["href=\"/space-uid-2.html\""]);
    alice.get("/groups/1").has(&["href=\"/home.php?mod=space&amp;uid=2\""]);
    alice.get("/friends").has(&["data-webim-user=\"bob\""]);
}

#[test]
fn a_profile_shows_its_user_and_the_relation_to_the_visitor() {
    let world = World::new();
    let page = world.browser().get("/u/bob");
    page.is(200).has(&["Bob</h1>", "I repair bicycles", "Bicycle kitchen", "/forum/1", "Log in to chat"]);
    page.lacks(&["/u/bob/add", "Edit your profile"]);
    let alice = world.user("alice");
    alice.get("/u/alice").has(&["Edit your profile", "Change your password"]).lacks(&["/u/alice/add"]);
    alice.get("/u/bob").has(&["/u/bob/unfriend", "/u/bob/block"]).lacks(&["/u/bob/add", "Edit your profile"]);
    alice.get("/u/dave").has(&["/u/dave/accept", "/u/dave/decline"]);
    alice.get("/u/zoe").has(&["/u/zoe/add"]);
}

#[test]
fn users_change_their_own_profile() {
    let world = World::new();
    let mut alice = world.user("alice");
    let page =
        alice.submit("/profile", &[("nick", HOSTILE), ("bio", "see https://a.example/?x=1&y=2\r\n\r\n<b>")]);
    page.has(&[
        ESCAPED,
        "<a href=\"https://a.example/?x=1&#38;y=2\" rel=\"nofollow ugc noopener\">",
        "<p>&#60;b&#62;</p>",
        "Saved.",
    ]);
    for path in ["/", "/members", "/forum", "/forum/1", "/groups/1", "/u/alice", "/old"] {
        alice.get(path).has(&[ESCAPED]).lacks(&["<script>alert", "<img src=x"]);
    }
    world.user("bob").get("/friends").has(&[ESCAPED]).lacks(&["<script>alert", "<img src=x"]);
    let (long, bio) = ("x".repeat(65), "x".repeat(1_001));
    alice.post("/profile", &[("nick", &*long), ("bio", "kept")]).is(422).has(&["too long", &*long, "kept"]);
    alice.post("/profile", &[("nick", "A"), ("bio", &*bio)]).is(422).has(&["1000 are allowed"]);
    alice.post("/profile", &[("nick", " "), ("bio", "")]).is(422).has(&["missing"]);
    alice.post("/profile", &[("nick", "ADMIN"), ("bio", "kept")]).is(422).has(&["is reserved", "kept"]);
    world.user("admin").submit("/profile", &[("nick", "Admin"), ("bio", "")]).has(&["Saved."]);
    world.browser().post("/profile", &[("nick", "A"), ("bio", "")]).is(401);
}

#[test]
fn a_new_password_ends_the_other_log_ins() {
    let world = World::new();
    let (mut here, there) = (world.user("alice"), world.user("alice"));
    let mut stolen = world.browser();
    stolen.cookie = here.cookie.clone();
    world.im("/presences/online", &[("name", "alice")]);
    here.post("/password", &[("old", "wrong"), ("new", "long enough")]).is(403).has(&["not your present"]);
    here.post("/password", &[("old", "nextim"), ("new", "short")]).is(422);
    there.get("/friends").is(200);
    here.submit("/password", &[("old", "nextim"), ("new", "long enough")]).has(&["Your password is changed"]);
    for other in [there, stolen] {
        other.get("/friends").is(303);
    }
    here.get("/friends").is(200);
    assert_eq!(
        world.im("/onlines", &[("names", "alice")]),
        serde_json::json!([]),
        "pages of before are gone"
    );
    world.browser().post("/login", &[("id", "alice"), ("password", "nextim")]).is(401);
    world.browser().post("/login", &[("id", "alice"), ("password", "long enough")]).is(303);
}

#[test]
fn a_request_is_made_seen_and_accepted() {
    let world = World::new();
    let (mut zoe, mut alice) = (world.user("zoe"), world.user("alice"));
    zoe.submit("/u/alice/add", &[]).has(&["Your request was sent", "Take the request back"]);
    zoe.post("/u/alice/add", &[]).is(303);
    zoe.get("/friends").has(&["data-webim-user=\"alice\"", "Take back"]);
    alice.get("/friends").has(&["/u/zoe/accept", "/u/zoe/decline"]);
    alice.get("/notifications").has(&["/u/zoe/accept"]);
    alice.submit("/u/zoe/accept", &[]).has(&["You are friends now", "/u/zoe/unfriend"]);
    zoe.get("/notifications").has(&["Alice is your friend now"]);
    alice.post("/u/zoe/accept", &[]).is(404);
}

#[test]
fn requests_are_declined_taken_back_or_met() {
    let world = World::new();
    let (mut zoe, mut alice, mut dave) = (world.user("zoe"), world.user("alice"), world.user("dave"));
    alice.submit("/u/dave/decline", &[]).has(&["The request is removed", "/u/dave/add"]);
    alice.post("/u/dave/decline", &[]).is(404);
    zoe.post("/u/alice/add", &[]).is(303);
    zoe.submit("/u/alice/unfriend", &[]).has(&["The request is removed"]);
    alice.get("/friends").lacks(&["/u/zoe/accept"]);
    zoe.post("/u/dave/add", &[]).is(303);
    dave.submit("/u/zoe/add", &[]).has(&["You are friends now"]);
    zoe.get("/friends").has(&["/u/dave/unfriend"]);
}

#[test]
fn a_friendship_ends_for_both() {
    let world = World::new();
    let mut alice = world.user("alice");
    alice.submit("/u/bob/unfriend", &[]).has(&["You are no longer friends", "/u/bob/add"]);
    world.user("bob").get("/friends").lacks(&["/u/alice/unfriend"]);
    alice.post("/u/bob/unfriend", &[]).is(404);
    alice.post("/u/alice/add", &[]).is(400);
    alice.post("/u/nobody/add", &[]).is(404);
    world.browser().post("/u/bob/add", &[]).is(401);
}

#[test]
fn a_request_of_a_blocked_user_is_dropped_without_a_sign() {
    let world = World::new();
    let (mut alice, mut zoe, mut dave) = (world.user("alice"), world.user("zoe"), world.user("dave"));
    alice.submit("/u/zoe/block", &[]).has(&["Blocked.", "/u/zoe/unblock"]);
    zoe.submit("/u/alice/add", &[]).has(&["Your request was sent"]);
    alice.get("/friends").lacks(&["/u/zoe/accept"]);
    alice.post("/u/zoe/add", &[]).is(403);
    alice.submit("/u/zoe/unblock", &[]).has(&["No longer blocked", "/u/zoe/add"]);
    alice.post("/u/dave/block", &[]).is(303);
    alice.post("/u/dave/accept", &[]).is(404);
    dave.post("/u/alice/add", &[]).is(303);
    assert!(!world.store().read(|db| friends::requested(db, "dave", "alice")).unwrap());
}

#[test]
fn a_block_ends_requests_between_the_two() {
    let world = World::new();
    let (mut alice, mut dave) = (world.user("alice"), world.user("dave"));
    dave.post("/u/alice/block", &[]).is(303); // after a request to the same user
    alice.post("/u/dave/accept", &[]).is(404);
    dave.get("/notifications").lacks(&["Alice is your friend now"]);
}

#[test]
fn a_friend_who_is_added_again_gets_no_notice() {
    let world = World::new();
    let (mut alice, bob) = (world.user("alice"), world.user("bob"));
    alice.submit("/u/bob/add", &[]).has(&["You are friends now"]);
    bob.get("/notifications").lacks(&["Alice is your friend now"]);
}

#[test]
fn friends_move_between_groups() {
    let world = World::new();
    let mut alice = world.user("alice");
    alice.get("/friends").has(&["aria-label=\"Colleagues\"", "aria-label=\"friend\""]);
    alice.submit("/u/bob/group", &[("group", " Kin <3 ")]).has(&["aria-label=\"Kin &#60;3\"", "Moved"]);
    alice.post("/u/bob/group", &[("group", &*"x".repeat(33))]).is(422).has(&["too long", "aria-label=\"Kin"]);
    alice.post("/u/bob/group", &[("group", "")]).is(422);
    alice.post("/u/zoe/group", &[("group", "x")]).is(404);
}

#[test]
fn notices_are_dismissed_one_by_one_or_all() {
    let world = World::new();
    let (mut alice, mut bob) = (world.user("alice"), world.user("bob"));
    alice.get("/").has(&["class=\"count\">2<"]);
    alice.get("/notifications").has(&[
        "Welcome to the community!",
        "/notifications/1/dismiss",
        "/u/dave/accept",
    ]);
    bob.post("/notifications/1/dismiss", &[]).is(404);
    alice
        .submit("/notifications/1/dismiss", &[])
        .lacks(&["Welcome to the community!"])
        .has(&["/u/dave/accept"]);
    alice.post("/notifications/x/dismiss", &[]).is(404);
    bob.submit("/notifications/clear", &[]).has(&["You are up to date"]).lacks(&["class=\"count\""]);
}

#[test]
fn members_make_and_revoke_chat_passwords() {
    let off = World::new();
    off.user("alice").get("/chat-passwords").is(403);
    off.user("alice").get("/u/alice").lacks(&["Chat passwords"]);
    let xmpp = Some(Xmpp { domain: "login.example".to_owned(), admins_only: false });
    let world = World::with(Options { xmpp, ..Options::default() });
    world.browser().get("/chat-passwords").is(303);
    let mut alice = world.user("alice");
    alice.get("/u/alice").has(&["/chat-passwords"]);
    world.user("bob").get("/u/alice").lacks(&["/chat-passwords"]);
    alice.get("/chat-passwords").is(200).has(&["alice@login.example", "No device has"]);
    alice.post("/chat-passwords", &[("name", " ")]).is(422).has(&["A device has a name"]);
    let shown = alice.post("/chat-passwords", &[("name", HOSTILE)]);
    shown.is(422);
    let shown = alice.post("/chat-passwords", &[("name", "<b>phone")]);
    shown.is(200).has(&["&#60;b&#62;phone", "alice@login.example", "never used"]);
    let password = shown.body.split("Password: <code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(password.len(), 24);
    alice.get("/chat-passwords").has(&["&#60;b&#62;phone"]).lacks(&[&password]);
    world.user("bob").post("/chat-passwords/1/revoke", &[]).is(404);
    alice.submit("/chat-passwords/1/revoke", &[]).has(&["Revoked."]).lacks(&["&#62;phone"]);
    alice.post("/chat-passwords", &[("name", "desk")]).is(200);
    alice.submit("/password", &[("old", "nextim"), ("new", "long enough")]);
    alice.get("/chat-passwords").has(&["No device has"]);
}
