//! Java `webim.client-5.8`: domain and apikey as parameters, and every answer goes through `new JSONObject(text)`.
//!
//! Owns: how this client writes. Must not: repeat the calls of a day.

use super::client::{Client, Params, a_day};
use crate::support::{Site, each_site, form, request};

struct Java;

impl Client for Java {
    fn request(&self, site: &Site, method: &str, path: &str, params: &Params<'_>) -> Vec<u8> {
        let form = form(&site.signed(&[&[("version", "v5")], params].concat()));
        let headers = [("User-Agent", "Java/1.7.0"), ("Accept", "text/html, image/gif, *; q=.2, */*; q=.2")];
        if method == "GET" {
            return request(&format!("GET {path}?{form} HTTP/1.1"), &headers, b"");
        }
        let typed = ("Content-Type", "application/x-www-form-urlencoded");
        request(&format!("{method} {path} HTTP/1.1"), &[&headers[..], &[typed]].concat(), form.as_bytes())
    }

    /// `String.format("/rooms/%s/join", room)`, and the room as a parameter, which wins over what is broken in the path.
    fn room_request(
        &self,
        site: &Site,
        (method, act): (&str, &str),
        room: &str,
        params: &Params<'_>,
    ) -> Vec<u8> {
        let path = format!("/v5/rooms/{}/{act}", room.replace(' ', "%"));
        self.request(site, method, &path, &[&[("room", room)], params].concat())
    }
}

#[test]
fn java_has_its_day() {
    each_site(|site| a_day(&Java, site));
}
