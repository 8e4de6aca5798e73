//! The forum: writing, paging, notices and subscriptions.

use nextim_community::limits::{POSTS_SHOWN, THREADS_SHOWN};
use nextim_community::store::forum;
use nextim_community::webim::limits::SENDS_AT_ONCE;

use crate::harness::World;

#[test]
fn a_thread_is_begun_and_answered() {
    let world = World::new();
    let (mut zoe, mut dave) = (world.user("zoe"), world.user("dave"));
    let form =
        [("title", "Kites & <b>"), ("body", "See http://a.example/x.\n\njavascript:alert(1) <script>")];
    zoe.post("/forum", &form).leads_to("/forum/5?said=posted");
    let page = zoe.get("/forum/5");
    page.has(&[
        "Kites &#38; &#60;b&#62;</h1>",
        "href=\"http://a.example/x\" rel=\"nofollow ugc noopener\"",
        "&#60;script",
    ]);
    page.lacks(&["<script>", "href=\"javascript"]);
    zoe.get("/forum").has(&["href=\"/forum/5\">Kites &#38; &#60;b&#62;"]);
    let reply = dave.post("/forum/5", &[("body", "I have one.")]);
    let place = reply.header("location").to_owned();
    assert!(place.starts_with("/forum/5#post-"), "{place}");
    dave.get("/forum/5").has(&["I have one.", &format!("id=\"{}\"", &place[9..])]);
    zoe.get("/notifications")
        .has(&["Dave replied in “Kites &#38; &#60;b&#62;”", &format!("href=\"{place}\"")]);
    zoe.post("/forum/5", &[("body", "Nice.")]).is(303);
    zoe.get("/notifications").lacks(&["Zoë Öztürk replied"]);
}

#[test]
fn users_named_by_their_address_are_links() {
    World::new()
        .browser()
        .get("/forum/1")
        .has(&["<a href=\"/space.php?uid=1\" rel=\"nofollow ugc noopener\">"]);
}

#[test]
fn a_refused_text_is_shown_again() {
    let world = World::new();
    let mut zoe = world.user("zoe");
    let long = "é".repeat(10_001);
    for form in [
        [("title", ""), ("body", "kept")],
        [("title", "kept"), ("body", " \n ")],
        [("title", "kept"), ("body", &*long)],
        [("title", &*"x".repeat(121)), ("body", "kept")],
    ] {
        zoe.post("/forum", &form).is(422).has(&["role=\"alert\"", "kept", "<details class=\"card\" open>"]);
    }
    zoe.post("/forum/1", &[("body", &*long)]).is(422).has(&[&long, "10001 characters, and 10000"]);
    zoe.post("/forum/1", &[("body", "")]).is(422);
    zoe.post("/forum/99", &[("body", "x")]).is(404);
    world.browser().post("/forum", &[("title", "x"), ("body", "x")]).is(401);
    world.browser().post("/forum/1", &[("body", "x")]).is(401);
    zoe.get("/forum").lacks(&["kept"]);
}

#[test]
fn posts_are_limited() {
    let world = World::new();
    let mut zoe = world.user("zoe");
    // Tokens are regained while a slow machine posts.
    let mut posts = (0..1_000).map(|_| zoe.post("/forum/1", &[("body", "x")]).status);
    assert!(posts.position(|status| status == 429).is_some_and(|count| count >= SENDS_AT_ONCE as usize));
}

#[test]
fn long_lists_have_pages() {
    let world = World::new();
    world
        .store()
        .write(|db| {
            for number in 0..THREADS_SHOWN {
                forum::add_thread(db, "zoe", &format!("Thread {number}"), "x")?;
            }
            for number in 0..POSTS_SHOWN {
                forum::add_post(db, 1, "zoe", &format!("Post {number}."))?;
            }
            Ok::<(), rusqlite::Error>(())
        })
        .unwrap();
    let mut zoe = world.user("zoe");
    zoe.get("/forum")
        .has(&["Page 1 of 2", "href=\"/forum?page=2\""])
        .lacks(&["rel=\"prev\"", "Which camera"]);
    zoe.get("/forum?page=2").has(&["Page 2 of 2", "href=\"/forum\" rel=\"prev\"", "Which camera"]);
    zoe.get("/forum/1?page=2").has(&["Post 19."]).lacks(&["Post 16."]);
    zoe.get("/forum/1?page=3").is(404);
    let place = zoe.post("/forum/1", &[("body", "the last")]).header("location").to_owned();
    assert!(place.starts_with("/forum/1?page=2#post-"), "{place}");
    zoe.post("/forum/1", &[("body", "")]).is(422).has(&["the last"]);
}

#[test]
fn subscribers_get_posts_at_once() {
    let world = World::new();
    let mut zoe = world.user("zoe");
    zoe.get("/forum").has(&["action=\"/forum/subscribe\""]);
    zoe.submit("/forum/subscribe", &[]).has(&["action=\"/forum/unsubscribe\""]);
    let session = world.im("/presences/online", &[("name", "zoe"), ("rooms", "channel:forum")]);
    world.user("dave").post("/forum", &[("title", "Kites"), ("body", "Who has one?\nI do.")]).is(303);
    let told = &world.poll(session["ticket"].as_str().unwrap())["messages"][0];
    assert_eq!(told["to"], "channel:forum");
    assert_eq!(told["from"], "forum");
    assert_eq!(told["body"], "Dave in “Kites”: Who has one?…");
    assert!(told["id"].as_str().unwrap().starts_with("post-"));
    zoe.submit("/forum/unsubscribe", &[]).has(&["action=\"/forum/subscribe\""]);
    assert_eq!(
        world.im("/room/members", &[("room", "channel:forum")])["channel:forum"],
        serde_json::json!([])
    );
    world.browser().post("/forum/subscribe", &[]).is(401);
}
