//! `Webim.dll` 1.0: both kinds of credentials, rooms in the path and beside it, and casts of every object.
//!
//! Owns: how this client writes. Must not: repeat the calls of a day.

use super::client::{Client, Params, a_day};
use crate::support::{Site, basic, each_site, form, request};

struct Net;

impl Client for Net {
    fn request(&self, site: &Site, method: &str, path: &str, params: &Params<'_>) -> Vec<u8> {
        // What stands in the parameters wins.
        let credentials = basic(&site.domain, "an old key");
        let form = form(&site.signed(params));
        if method == "GET" {
            let headers = [("Authorization", &*credentials)];
            return request(&format!("GET {path}?{form} HTTP/1.1"), &headers, b"");
        }
        let headers = [
            ("Authorization", &*credentials),
            ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
        ];
        request(&format!("{method} {path} HTTP/1.1"), &headers, form.as_bytes())
    }

    fn room_request(
        &self,
        site: &Site,
        (method, act): (&str, &str),
        room: &str,
        params: &Params<'_>,
    ) -> Vec<u8> {
        let encoded = form(&[("", room)]).trim_start_matches('=').to_ascii_lowercase();
        self.request(
            site,
            method,
            &format!("/v5/rooms/{encoded}/{act}"),
            &[&[("room", room)], params].concat(),
        )
    }
}

#[test]
fn net_has_its_day() {
    each_site(|site| a_day(&Net, site));
}
