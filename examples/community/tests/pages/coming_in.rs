//! The front page, logging in and out, signing up.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nextim_community::limits::{
    HASHES_AT_ONCE, HASHES_WAITING_MAX, LOG_INS_ADDRESS, LOG_INS_AT_ONCE, SIGN_UPS_ADDRESS,
};
use nextim_community::site::Options;

use crate::harness::{Answer, World, read};

/// Public pages and a text of each.
const PUBLIC: [(&str, &str); 8] = [
    ("/", "A small place with good company"),
    ("/login", "Log in</h1>"),
    ("/signup", "Make an account</h1>"),
    ("/members", "Members</h1>"),
    ("/groups", "Groups</h1>"),
    ("/forum", "Forum</h1>"),
    ("/forum/1", "Introduce yourself</h1>"),
    ("/old", "The page of 2011</h1>"),
];
/// Pages for users who are logged in, and a text of each.
const PRIVATE: [(&str, &str); 2] = [("/friends", "Friends</h1>"), ("/notifications", "Notifications</h1>")];

#[test]
fn every_page_has_its_frame_and_the_chat_bar() {
    let world = World::new();
    let (nobody, alice) = (world.browser(), world.user("alice"));
    for (path, mark) in PUBLIC {
        let page = nobody.get(path);
        page.is(200).has(&[mark, "<html lang=\"en\">", "<main", "<nav", "href=\"/login\""]);
        page.has(&["/webim.js\" data-site=\"/webim\" data-user=\"\" defer></script>\n</body>"]);
        page.lacks(&[" style=", "<style", " onclick", "javascript:"]);
        assert_eq!(page.body.matches("<script").count(), 1, "{path}");
        assert!(
            page.header("content-security-policy").contains("script-src 'self' http://127.0.0.1:"),
            "{path}"
        );
        assert_eq!(page.header("cache-control"), "no-store");
    }
    for (path, mark) in PRIVATE {
        let next = path.replace('/', "%2F");
        nobody.get(path).leads_to(&format!("/login?next={next}"));
        alice.get(path).is(200).has(&[
            mark,
            "href=\"/u/alice\"",
            "action=\"/logout\"",
            "data-user=\"alice\"",
        ]);
    }
}

#[test]
fn the_front_page_hands_out_log_ins_only_in_a_demonstration() {
    let world = World::new();
    let front = world.browser().get("/");
    front.has(&[
        "name=\"id\" value=\"alice\"",
        "name=\"id\" value=\"admin\"",
        "nextim",
        "<strong>bob</strong>",
    ]);
    front.has(&["Which camera for birds?", "Mountain walkers", "data-webim-user=\"zoe\""]);
    world.user("bob").get("/").has(&["Good to see you, Bob"]).lacks(&["name=\"password\""]);
    let world = World::with(Options::default());
    world.browser().get("/").is(200).lacks(&["name=\"password\"", "value=\"alice\""]);
}

#[test]
fn a_password_logs_in_and_a_button_logs_out() {
    let world = World::new();
    let mut browser = world.browser();
    let wrong = browser.post("/login", &[("id", "alice"), ("password", "wrong"), ("next", "/forum/1")]);
    wrong
        .is(401)
        .has(&["role=\"alert\"", "value=\"alice\"", "value=\"/forum/1\""])
        .lacks(&["value=\"wrong\""]);
    browser
        .post("/login", &[("id", "alice"), ("password", "nextim"), ("next", "/forum/1")])
        .leads_to("/forum/1");
    browser.get("/login?next=/friends").leads_to("/friends");
    browser.get("/signup").leads_to("/");
    let cookie = browser.cookie.clone();
    browser.post("/logout", &[]).leads_to("/");
    assert!(browser.cookie.ends_with('='));
    browser.cookie = cookie;
    browser.get("/friends").is(303);
}

#[test]
fn a_log_in_leads_to_no_other_site() {
    let world = World::new();
    for next in ["//evil.example", "https://evil.example", "/\\evil.example"] {
        let form = [("id", "alice"), ("password", "nextim"), ("next", next)];
        world.browser().post("/login", &form).leads_to("/");
    }
}

/// How many attempts it took until one was refused, and the refusal. Attempts are regained while a slow machine makes them,
/// so the number may exceed the limit by a few.
#[track_caller]
fn tried(mut attempt: impl FnMut(u32) -> Answer) -> (u32, Answer) {
    let mut answers = (0..1_000).map(|number| (number, attempt(number)));
    answers.find(|(_, answer)| answer.status != 401).expect("an attempt is refused in the end")
}

#[test]
fn attempts_are_limited_by_user_and_address() {
    let world = World::new();
    let mut browser = world.browser();
    let (count, refused) = tried(|_| browser.post("/login", &[("id", "alice"), ("password", "wrong")]));
    assert!(count >= LOG_INS_AT_ONCE);
    refused.is(429).has(&["role=\"alert\""]);
    browser.post("/login", &[("id", "bob"), ("password", "nextim")]).is(303);
}

#[test]
fn attempts_with_many_names_are_limited_by_address() {
    let world = World::new();
    let mut browser = world.browser();
    let (count, refused) =
        tried(|number| browser.post("/login", &[("id", &*format!("user{number}")), ("password", "nextim")]));
    assert!(count >= LOG_INS_ADDRESS);
    refused.is(429).has(&["Too many attempts"]);
}

#[test]
fn behind_a_trusted_proxy_each_visitor_has_own_attempts() {
    let trusted = vec!["127.0.0.1".parse().unwrap()];
    let guess = |world: &World, forwarded: &str, number: u32| {
        let form = [("id", format!("user{number}")), ("password", "guess".to_owned())];
        let asked = ureq::post(format!("{}/login", world.browser().origin))
            .config()
            .http_status_as_error(false)
            .build()
            .header("origin", world.browser().origin)
            .header("x-forwarded-for", forwarded);
        read(asked.send_form(form).unwrap())
    };
    let world = World::with(Options { trusted_proxies: trusted, ..Options::default() });
    // Addresses that the client put into the header are not read.
    let forged = |number| format!("192.0.2.{}, 198.51.100.1, 127.0.0.1", number % 256);
    let (count, refused) = tried(|number| guess(&world, &forged(number), number));
    assert!(count >= LOG_INS_ADDRESS);
    refused.is(429);
    guess(&world, "198.51.100.2", count).is(401);
    // The header of an untrusted sender is not read.
    let world = World::new();
    let (count, refused) = tried(|number| guess(&world, &format!("198.51.100.{}", number % 256), number));
    assert!(count >= LOG_INS_ADDRESS);
    refused.is(429);
}

#[test]
fn successful_log_ins_are_not_limited() {
    let world = World::new();
    let mut browser = world.browser();
    for _ in 0..=LOG_INS_AT_ONCE {
        browser.post("/login", &[("id", "alice"), ("password", "nextim")]).leads_to("/");
    }
}

#[test]
fn pages_are_there_while_passwords_wait_to_be_hashed() {
    let world = World::new();
    let turns: Vec<_> = (0..HASHES_AT_ONCE).map(|_| world.site().hashes.turn().unwrap()).collect();
    let attempts = LOG_INS_ADDRESS as usize;
    let (sender, receiver) = mpsc::channel();
    let next = || receiver.recv_timeout(Duration::from_mins(1)).unwrap();
    thread::scope(|scope| {
        for number in 0..attempts {
            let (mut browser, sender) = (world.browser(), sender.clone());
            scope.spawn(move || {
                let id = format!("user{number}");
                sender.send(browser.post("/login", &[("id", &*id), ("password", "guess")])).unwrap();
            });
        }
        for _ in HASHES_WAITING_MAX..attempts {
            next().is(503).has(&["Many people are logging in", "name=\"password\""]);
        }
        world.browser().get("/").is(200);
        drop(turns);
        for _ in 0..HASHES_WAITING_MAX {
            next().is(401);
        }
    });
}

#[test]
fn an_attempt_that_a_full_queue_refused_does_not_count() {
    let world = World::new();
    let turns: Vec<_> = (0..HASHES_AT_ONCE).map(|_| world.site().hashes.turn().unwrap()).collect();
    let (log_in, sign_up) =
        ([("id", "alice"), ("password", "nextim")], [("id", "newcomer"), ("password", "long enough")]);
    thread::scope(|scope| {
        let wait = || world.site().hashes.turn().map(drop);
        let waiting: Vec<_> = (0..HASHES_WAITING_MAX).map(|_| scope.spawn(wait)).collect();
        let mut browser = world.browser();
        // Until all of these wait, a request that comes before one of them would wait, too.
        while world.site().hashes.waiting() < HASHES_WAITING_MAX {
            thread::yield_now();
        }
        for _ in 0..=LOG_INS_AT_ONCE {
            browser.post("/login", &log_in).is(503);
        }
        for _ in 0..=SIGN_UPS_ADDRESS {
            browser.post("/signup", &sign_up).is(503);
        }
        drop(turns);
        assert!(waiting.into_iter().all(|thread| thread.join().unwrap().is_ok()));
    });
    world.browser().post("/login", &log_in).is(303);
    for _ in 0..=SIGN_UPS_ADDRESS {
        world.browser().post("/signup", &[("id", "alice"), ("password", "long enough")]).is(409);
    }
    world.browser().post("/signup", &sign_up).is(303);
}

#[test]
fn names_of_roles_and_words_for_a_missing_value_are_reserved() {
    let world = World::new();
    let mut browser = world.browser();
    for name in ["admin", "system", "null", "undefined", "forum", "everybody"] {
        let shown = name.to_uppercase();
        for (id, nick) in [(name, ""), (name, "Eve"), ("eve", name), ("eve", &*shown)] {
            let form = [("id", id), ("nick", nick), ("password", "long enough")];
            browser.post("/signup", &form).is(422).has(&["is reserved. Please choose another."]);
        }
    }
    browser.post("/signup", &[("id", "nullius"), ("password", "long enough")]).is(303);
}

#[test]
fn a_new_member_is_logged_in_at_once() {
    let world = World::new();
    let mut browser = world.browser();
    let form = [("id", "eve_1"), ("nick", "  Eve <b>&  "), ("password", "long enough")];
    browser.submit("/signup", &form).has(&["Welcome to Harbour", "Good to see you, Eve &#60;b&#62;&#38;"]);
    let mut again = world.browser();
    again.post("/signup", &form).is(409).has(&[
        "taken",
        "value=\"eve_1\"",
        "value=\"  Eve &#60;b&#62;&#38;  \"",
    ]);
    again.post("/login", &[("id", "eve_1"), ("password", "long enough")]).leads_to("/");
    world
        .browser()
        .submit("/signup", &[("id", "frank"), ("password", "long enough")])
        .has(&["see you, frank"]);
}

#[test]
fn names_and_passwords_have_their_rules() {
    let world = World::new();
    let mut browser = world.browser();
    let long = "x".repeat(65);
    for (id, nick, password) in [
        ("", "", "long enough"),
        ("a", "", "long enough"),
        ("9lives", "", "long enough"),
        ("a,b", "", "long enough"),
        ("Größe", "", "long enough"),
        ("good", &*long, "long enough"),
        ("good", "a\u{202e}b", "long enough"),
        ("good", "", "short"),
        ("good", "", &*"x".repeat(257)),
    ] {
        let form = [("id", id), ("nick", nick), ("password", password)];
        browser.post("/signup", &form).is(422).has(&["role=\"alert\""]);
    }
    assert!(browser.cookie.is_empty());
}

#[test]
fn forms_of_other_sites_do_nothing() {
    let world = World::new();
    let mut alice = world.user("alice");
    for path in [
        "/login",
        "/logout",
        "/signup",
        "/profile",
        "/password",
        "/u/bob/unfriend",
        "/u/bob/block",
        "/groups",
        "/groups/1/edit",
        "/groups/1/remove",
        "/forum",
        "/forum/1",
        "/forum/unsubscribe",
        "/notifications/clear",
        "/admin/ban/bob",
    ] {
        let form = [("user", "bob"), ("name", "x"), ("title", "x"), ("body", "x")];
        alice.post_from("http://evil.example", path, &form).is(403).has(&["another site"]);
    }
    alice.get("/friends").has(&["Bob"]);
    alice.get("/groups/1").has(&["Mountain walkers", "Bob"]);
}

#[test]
fn missing_pages_are_answered_with_404() {
    let world = World::new();
    let alice = world.user("alice");
    for path in [
        "/nope",
        "/u/nobody",
        "/u/ALICE",
        "/groups/99",
        "/groups/x",
        "/forum/99",
        "/forum/-1",
        "/static/nope",
        "/members?page=2",
        "/members?page=0",
        "/forum?page=x",
        "/home.php?uid=1",
        "/space-uid-99.html",
    ] {
        alice.get(path).is(404).has(&["There is nothing here", "action=\"/logout\""]);
    }
    assert_eq!(alice.get("/logout").status, 405);
}

#[test]
fn a_name_that_looks_like_a_reserved_one_is_refused() {
    let world = World::new();
    let mut browser = world.browser();
    for nick in ["аdmin", "ＡＤＭＩＮ", "Ａdmin", "ad\u{200d}min", "a\u{332}dmin", "Ádmin", "ADMlN", "r00t"]
    {
        let form = [("id", "eve"), ("nick", nick), ("password", "long enough")];
        browser.post("/signup", &form).is(422).has(&["role=\"alert\""]);
    }
    let form = [("id", "rnoderator"), ("password", "long enough")];
    browser.post("/signup", &form).is(422).has(&["is reserved"]);
    for (nick, text) in [
        ("Bоb", "mixes alphabets in “Bоb”"),
        ("🅱ob", "has the symbol 🅱 in place of a letter"),
        ("E\u{301}\u{301}ve", "too many accents on one letter"),
    ] {
        let form = [("id", "eve"), ("nick", nick), ("password", "long enough")];
        browser.post("/signup", &form).is(422).has(&[text]);
    }
    assert!(browser.cookie.is_empty());
}

#[test]
fn a_name_that_looks_like_that_of_another_member_is_taken() {
    let world = World::new();
    let mut browser = world.browser();
    for (id, nick) in [
        ("b0b", ""),
        ("bob-", ""),
        ("eve", "Bob"),
        ("eve", "bob"),
        ("eve", "Bob 🚲"),
        ("eve", "B\u{2060}ob"),
        ("eve", "ALlCE"),
        ("eve", "Zoe\u{308} Öztürk"),
        ("eve", "小\u{fe00}明"),
        ("eve", "alice"),
    ] {
        let form = [("id", id), ("nick", nick), ("password", "long enough")];
        browser.post("/signup", &form).is(409).has(&["is taken, or looks like another name here"]);
    }
    for (id, nick) in [("ivan", "Иван Ivan"), ("yuki", "田中ゆき"), ("zoe2", "Zoë O'Neill")] {
        let form = [("id", id), ("nick", nick), ("password", "long enough")];
        world.browser().post("/signup", &form).is(303);
    }
    let mut ivan = world.browser();
    ivan.post("/login", &[("id", "ivan"), ("password", "long enough")]).is(303);
    ivan.post("/profile", &[("nick", "ALlCE"), ("bio", "")]).is(409);
    ivan.submit("/profile", &[("nick", "ivan"), ("bio", "")]).has(&["Saved."]);
    // A name that was given up is free, and one that was taken is not.
    world.browser().post("/signup", &[("id", "eve"), ("nick", "Ivan"), ("password", "long enough")]).is(409);
    ivan.submit("/profile", &[("nick", "Иван"), ("bio", "")]).has(&["Saved."]);
    ivan.submit("/profile", &[("nick", "Иван"), ("bio", "kept")]).has(&["Saved."]);
}
