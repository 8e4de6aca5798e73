//! `webim-python` 5.8: Basic credentials, a POST without a `Content-Type`, the room in the path and beside it.
//!
//! Owns: how this client writes. Must not: repeat the calls of a day.

use super::client::{Client, Params, a_day};
use crate::support::{Site, basic, each_site, form, request};

struct Python;

impl Client for Python {
    fn request(&self, site: &Site, method: &str, path: &str, params: &Params<'_>) -> Vec<u8> {
        let credentials = basic(&site.domain, &site.apikey);
        let headers =
            [("Authorization", &*credentials), ("Accept-Encoding", "identity"), ("Connection", "close")];
        let form = form(&[&[("version", "v5"), ("domain", &*site.domain)], params].concat());
        match method {
            "GET" => request(&format!("GET {path}?{form} HTTP/1.1"), &headers, b""),
            _ => request(&format!("{method} {path} HTTP/1.1"), &headers, form.as_bytes()),
        }
    }

    /// `'/rooms/%s/members' % room`, as the site has it: here percent-encoded, with the slash left alone.
    fn room_request(
        &self,
        site: &Site,
        (method, act): (&str, &str),
        room: &str,
        params: &Params<'_>,
    ) -> Vec<u8> {
        let quoted = form(&[("", room)]).trim_start_matches('=').replace('+', "%20").replace("%2F", "/");
        let path = format!("/v5/rooms/{quoted}/{act}");
        self.request(site, method, &path, &[&[("room", room)], params].concat())
    }
}

#[test]
fn python_has_its_day() {
    each_site(|site| a_day(&Python, site));
}

#[test]
fn a_room_may_stand_raw_in_a_path() {
    each_site(|site| {
        let credentials = basic(&site.domain, &site.apikey);
        let headers = [("Authorization", &*credentials)];
        let line = format!("GET /v5/rooms/群/a+b/members?domain={} HTTP/1.1", site.domain);
        let alice = site.online("alice", &[("rooms", "群/a+b")]);
        assert_eq!(site.send(&request(&line, &headers, b"")).text(), r#"{"alice":"available"}"#);
        alice.offline();
    });
}
