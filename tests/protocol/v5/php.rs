//! `webim-php` 5.4 and later: Basic credentials, forms, the room in the path alone, and anything but 200 throws.
//!
//! Owns: how this client writes. Must not: repeat the calls of a day.

use super::client::{Client, Params, a_day};
use crate::support::{Site, basic, each_site, form, request};

struct Php;

impl Client for Php {
    fn request(&self, site: &Site, method: &str, path: &str, params: &Params<'_>) -> Vec<u8> {
        let credentials = basic(&site.domain, &site.apikey);
        let form = form(&[&[("domain", &*site.domain)], params].concat());
        let mut headers = vec![("Authorization", &*credentials), ("Accept", "*/*")];
        if method == "GET" {
            return request(&format!("GET {path}?{form} HTTP/1.1"), &headers, b"");
        }
        headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        request(&format!("{method} {path} HTTP/1.1"), &headers, form.as_bytes())
    }

    fn room_request(
        &self,
        site: &Site,
        (method, act): (&str, &str),
        room: &str,
        params: &Params<'_>,
    ) -> Vec<u8> {
        let encoded = form(&[("", room)]).trim_start_matches('=').replace('+', "%20");
        self.request(site, method, &format!("/v5/rooms/{encoded}/{act}"), params)
    }
}

#[test]
fn php_has_its_day() {
    each_site(|site| a_day(&Php, site));
}

#[test]
fn a_robot_beside_a_ticket_that_has_ended_is_refused() {
    each_site(|site| {
        let alice = site.start("alice", &[]);
        alice.offline();
        let say = [("ticket", &*alice.ticket), ("from", "robot"), ("to", "alice"), ("body", "x")];
        let answer = site.send(&Php.request(site, "POST", "/v5/messages", &say));
        answer.is(404, r#"{"status":"error","message":"no client found"}"#);
        let say = [("ticket", "x"), ("from", "robot"), ("to", "alice"), ("body", "x")];
        let answer = site.send(&Php.request(site, "POST", "/v5/messages", &say));
        answer.is(404, r#"{"status":"error","message":"invalid ticket"}"#);
    });
}
