//! A call of the site, as the puppet got it.
//!
//! Owns: its parameters, in every form in which sites send them. Must not: answer it.

use std::fmt::{self, Display, Formatter};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// A call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    pub(crate) path: String,
    /// Of the query and the body; those of the query come first.
    params: Vec<(String, String)>,
}

impl Call {
    /// Reads a call. HTTP Basic counts as the parameters `domain` and `apikey`.
    pub(super) fn read(target: &str, headers: &[(String, String)], body: &[u8]) -> Call {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let header = |name: &str| headers.iter().find(|(found, _)| found == name).map(|(_, value)| &**value);
        let pairs = |bytes: &[u8]| form_urlencoded::parse(bytes).into_owned().collect::<Vec<_>>();
        let mut params = pairs(query.as_bytes());
        if header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
            params.extend(flat(&serde_json::from_slice(body).unwrap_or_default()));
        } else {
            params.extend(pairs(body));
        }
        let basic = header("authorization").and_then(|value| value.strip_prefix("Basic "));
        let decoded = basic.and_then(|sent| BASE64_STANDARD.decode(sent.trim()).ok());
        let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        if let Some((domain, apikey)) = text.split_once(':') {
            params.push(("domain".to_owned(), domain.to_owned()));
            params.push(("apikey".to_owned(), apikey.to_owned()));
        }
        Call { path: path.to_owned(), params }
    }

    /// Whether it only asks if the server is there: it names nobody. A site may do that at any time.
    pub(super) fn is_check(&self) -> bool {
        self.path == "/health" || (self.path == "/onlines" && self.list("names").is_empty())
    }

    /// A parameter, or an empty text.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// A parameter, if it was sent.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// A list: with commas, as JSON, or entry by entry.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let open = format!("{name}[");
        let entries: Vec<String> = self
            .params
            .iter()
            .filter(|(found, _)| found.starts_with(&open))
            .map(|(_, v)| v.clone())
            .collect();
        if !entries.is_empty() {
            return entries;
        }
        let text = self.get(name);
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Array(list)) => list.iter().map(plain).collect(),
            _ => {
                text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
            }
        }
    }
}

impl Display for Call {
    /// Without the key.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        let shown = self.params.iter().filter(|(name, _)| !["domain", "apikey"].contains(&name.as_str()));
        for (name, value) in shown {
            write!(f, " {name}={value:?}")?;
        }
        Ok(())
    }
}

/// The members of a flat JSON object as parameters.
fn flat(body: &Value) -> Vec<(String, String)> {
    let members = body.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    members.map(|(name, value)| (name.clone(), plain(value))).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_in_several_forms() {
        let form = |body: &str| Call::read("/x?q=1", &[], body.as_bytes());
        for body in
            ["n=a,b", "n=a%2C+b%2C", "n=%5B%22a%22%2C%22b%22%5D", "n[]=a&n[]=b", "n%5B0%5D=a&n%5B1%5D=b"]
        {
            assert_eq!(form(body).list("n"), ["a", "b"], "{body}");
        }
        let json = [("content-type".to_owned(), "application/json".to_owned())];
        let call = Call::read("/x", &json, br#"{"n":["a",1],"t":5,"z":null}"#);
        assert_eq!(
            (call.list("n"), call.get("t"), call.find("z")),
            (vec!["a".to_owned(), "1".into()], "5", None)
        );
    }

    #[test]
    fn basic_is_read_and_never_shown() {
        let sent = BASE64_STANDARD.encode("d:k:e");
        let call = Call::read("/x?a=1", &[("authorization".to_owned(), format!("Basic {sent}"))], b"");
        assert_eq!((call.get("domain"), call.get("apikey")), ("d", "k:e"));
        assert_eq!(call.to_string(), "/x a=\"1\"");
    }
}
