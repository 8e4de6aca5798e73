//! Pages and forms for administrators only.

use crate::harness::World;

#[test]
fn only_an_administrator_comes_in() {
    let world = World::new();
    let (mut alice, admin) = (world.user("alice"), world.user("admin"));
    world.browser().get("/admin").leads_to("/login?next=%2Fadmin");
    alice.get("/admin").is(403).has(&["Only an administrator"]);
    alice.get("/").lacks(&["href=\"/admin\""]);
    for path in ["/admin/broadcast", "/admin/notice", "/admin/ban/bob", "/admin/unban/bob"] {
        alice.post(path, &[("broadcast", "x"), ("notice", "x")]).is(403);
        world.browser().post(path, &[("broadcast", "x"), ("notice", "x")]).is(401);
    }
    admin.get("/admin").is(200).has(&["/admin/ban/bob"]).lacks(&["/admin/ban/admin"]);
    admin.get("/").has(&["href=\"/admin\""]);
}

#[test]
fn a_broadcast_reaches_everybody_who_is_online() {
    let world = World::new();
    let mut admin = world.user("admin");
    let session = world.im("/presences/online", &[("name", "bob")]);
    admin.submit("/admin/broadcast", &[("broadcast", "Tea <b>at five")]).has(&["Sent to everybody"]);
    let told = &world.poll(session["ticket"].as_str().unwrap())["messages"][0];
    assert_eq!((&told["type"], &told["body"]), (&"broadcast".into(), &"Tea <b>at five".into()));
    admin.post("/admin/broadcast", &[("broadcast", " ")]).is(422);
    admin
        .post("/admin/broadcast", &[("broadcast", &*"x".repeat(501))])
        .is(422)
        .has(&["too long", "xxx</textarea>"]);
}

#[test]
fn a_notice_reaches_every_member() {
    let world = World::new();
    let mut admin = world.user("admin");
    admin.submit("/admin/notice", &[("notice", "Closed <b>on Monday")]).has(&["among the notifications"]);
    for id in ["alice", "zoe"] {
        world.user(id).get("/notifications").has(&["Closed &#60;b&#62;on Monday"]);
    }
    admin.post("/admin/notice", &[("notice", "")]).is(422);
}

#[test]
fn a_ban_takes_effect_at_once_and_until_it_is_lifted() {
    let world = World::new();
    let (mut admin, bob) = (world.user("admin"), world.user("bob"));
    world.im("/presences/online", &[("name", "bob")]);
    admin.submit("/admin/ban/bob", &[]).has(&["/admin/unban/bob", "banned"]);
    bob.get("/friends").is(303);
    assert_eq!(world.im("/onlines", &[("names", "bob")]), serde_json::json!([]));
    world.browser().post("/login", &[("id", "bob"), ("password", "nextim")]).is(403).has(&["closed"]);
    world.browser().get("/u/bob").has(&["banned"]);
    admin.submit("/admin/unban/bob", &[]).has(&["/admin/ban/bob"]);
    world.browser().post("/login", &[("id", "bob"), ("password", "nextim")]).is(303);
    admin.post("/admin/ban/admin", &[]).is(409);
    admin.post("/admin/ban/nobody", &[]).is(404);
}
