//! Groups, their members and their owners.

use crate::harness::World;

#[test]
fn a_group_is_made_joined_and_left() {
    let world = World::new();
    let (mut zoe, mut dave) = (world.user("zoe"), world.user("dave"));
    let form = [("name", "Kites <b>"), ("about", "Wind.\n\nhttp://a.example/")];
    let made = zoe.post("/groups", &form);
    made.leads_to("/groups/4?said=joined");
    zoe.get("/groups/4").has(&["Kites &#60;b&#62;</h1>", "You own this group", "href=\"http://a.example/\""]);
    zoe.get("/groups").has(&["Kites &#60;b&#62;", "joined"]).lacks(&["Kites <b>"]);
    dave.get("/groups/4").has(&["/groups/4/join"]).lacks(&["/groups/4/edit", "/groups/4/remove"]);
    dave.submit("/groups/4/join", &[]).has(&["You are a member now", "/groups/4/leave", "2 members"]);
    dave.get("/u/dave").has(&["/groups/4"]);
    dave.submit("/groups/4/leave", &[]).has(&["You have left", "1 member<"]);
    dave.post("/groups/4/leave", &[]).is(404);
    zoe.post("/groups/4/leave", &[]).is(409);
}

#[test]
fn a_group_has_a_name_of_its_own() {
    let world = World::new();
    let mut zoe = world.user("zoe");
    let taken = zoe.post("/groups", &[("name", "Bicycle kitchen"), ("about", "mine")]);
    taken.is(409).has(&[
        "taken",
        "value=\"Bicycle kitchen\"",
        "mine</textarea>",
        "<details class=\"card\" open>",
    ]);
    for alike in ["bicycle  KITCHEN", "Bicyc1e kitchen", "Bicycle \u{200b}kitchen!"] {
        zoe.post("/groups", &[("name", alike), ("about", "")]).is(409).has(&["looks like another name"]);
    }
    zoe.post("/groups", &[("name", "Biсycle"), ("about", "")]).is(422).has(&["mixes alphabets in “Biсycle”"]);
    zoe.post("/groups", &[("name", ""), ("about", "")]).is(422).has(&["missing"]);
    zoe.post("/groups", &[("name", &*"x".repeat(65)), ("about", "")]).is(422).has(&["too long"]);
    zoe.post("/groups", &[("name", "x"), ("about", &*"x".repeat(1_001))]).is(422).has(&["too long"]);
    world.browser().post("/groups", &[("name", "x")]).is(401).has(&["Please log in"]);
    world.browser().post("/groups/1/join", &[]).is(401);
}

#[test]
fn only_its_owner_changes_a_group() {
    let world = World::new();
    let (mut alice, mut bob) = (world.user("alice"), world.user("bob"));
    bob.get("/groups/1").lacks(&["/groups/1/edit", "/groups/1/remove"]);
    bob.post("/groups/1/edit", &[("name", "Bob's"), ("about", "")]).is(403);
    bob.post("/groups/1/remove", &[("user", "carol")]).is(403);
    alice
        .submit("/groups/1/edit", &[("name", "Hill walkers"), ("about", "Up.")])
        .has(&["Hill walkers</h1>", "Up."]);
    alice.post("/groups/1/edit", &[("name", "Hill walkers"), ("about", "Down.")]).is(303);
    let taken = alice.post("/groups/1/edit", &[("name", "Bicycle kitchen"), ("about", "kept")]);
    taken.is(409).has(&["Hill walkers</h1>", "value=\"Bicycle kitchen\"", "kept</textarea>"]);
    alice.submit("/groups/1/remove", &[("user", "bob")]).has(&["Removed", "3 members"]);
    bob.get("/notifications").has(&["You were removed from the group Hill walkers"]);
    alice.post("/groups/1/remove", &[("user", "bob")]).is(404);
    alice.post("/groups/1/remove", &[("user", "alice")]).is(409);
}

#[test]
fn a_user_who_leaves_a_group_leaves_its_room() {
    let world = World::new();
    let session = world.im("/presences/online", &[("name", "bob"), ("rooms", "1")]);
    assert!(session["ticket"].is_string());
    let members = |world: &World| world.im("/room/members", &[("room", "1")])["1"].to_string();
    assert!(members(&world).contains("bob"));
    let mut bob = world.user("bob");
    bob.post("/groups/1/leave", &[]).is(303);
    assert!(!members(&world).contains("bob"));
    bob.post("/groups/1/join", &[]).is(303);
    assert!(members(&world).contains("bob"));
}
