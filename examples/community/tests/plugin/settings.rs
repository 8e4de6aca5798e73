//! Settings, and the request of the message server.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::common::{APIKEY, TestSite, each};

#[test]
fn undelivered_messages_wait_again() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let at_bob = bob.online(&[]);
    let id = alice.done("message", &[("to", "bob"), ("body", "x"), ("cid", "1")])["id"].clone();
    assert!(site.waiting("bob").is_empty());
    let body = json!([{"id": id, "from": "alice"}, {"id": 999}, {"id": "made by the server"}, {"id": null}]);
    let call = |path: &str, headers: &[(&str, &str)], body: &str| {
        let headers = [&[("content-type", "application/json")], headers].concat();
        site.browser().ask("POST", path, &headers, body)
    };
    let basic = |key: &str| format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{key}", site.domain)));
    let wrong = basic("wrong");
    for headers in [&[][..], &[("authorization", wrong.as_str())], &[("authorization", "Basic !")]] {
        assert_eq!(call("/webim/undelivered", headers, &body.to_string()).refusal().0, 401);
    }
    assert_eq!(alice.post("undelivered", &[]).refusal().0, 401, "a session cookie is no apikey");
    let right = basic(APIKEY);
    let answer = call("/webim/undelivered", &[("authorization", &right)], &body.to_string());
    assert_eq!((answer.status, answer.json()), (200, json!("ok")));
    assert_eq!(site.waiting("bob").len(), 1);
    assert_eq!(call("/webim/undelivered", &[("authorization", &right)], "{}").refusal().0, 400);
    at_bob.done("offline", &[]);
    assert_eq!(each(&bob.online(&[]).answer["new_messages"], "body"), ["x"]);
    let path = format!("/webim/undelivered?domain={}&apikey=test+key", site.domain);
    assert_eq!(call(&path, &[], &body.to_string()).status, 200);
    assert!(site.waiting("bob").is_empty(), "it came back before, and a page of bob has it");
}
