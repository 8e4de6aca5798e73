//! An answer of the site, and the questions that a case asks of it.
//!
//! Owns: the failure that each question ends in. Must not: send a request.

use serde_json::Value;

use crate::failure::{Failure, Verdict};
use crate::schema;
use crate::wire::Response;

/// An answer, and what was asked.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) asked: String,
    pub(crate) status: u16,
    pub(crate) text: String,
    /// Null if it is no JSON.
    pub(crate) json: Value,
    response: Response,
}

impl Answer {
    pub(crate) fn new(asked: String, response: Response) -> Answer {
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Answer { asked, status: response.status, text, json, response }
    }

    /// A header; its name is in small letters.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.response.header(name).unwrap_or_default()
    }

    /// The values of a header that may come more than once.
    pub(crate) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.response.headers.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The value at a JSON pointer, or null.
    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A text at a JSON pointer, or an empty one.
    pub(crate) fn text_at(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    /// A failure, if this does not hold of the answer.
    pub(crate) fn must(&self, holds: bool, contract: &str) -> Verdict {
        if holds { Ok(()) } else { Err(self.failure(contract)) }
    }

    /// Must have this status.
    pub(crate) fn is(&self, status: u16, contract: &str) -> Verdict {
        self.must(self.status == status, &format!("status {status}: {contract}"))
    }

    /// Must be a refusal of this status, with a text for the user.
    pub(crate) fn refuses(&self, status: u16, contract: &str) -> Verdict {
        self.is(status, contract)?;
        self.fits("refusal")
    }

    /// Must shut out a user who is banned: as nobody, or in words if the host leaves such a user logged in.
    pub(crate) fn shuts_out(&self) -> Verdict {
        let says_why = self.at("/error").is_string();
        let shut = self.status == 401 || (says_why && (self.status == 403 || *self.at("/status") == 403));
        self.must(shut, "a banned user is nobody (401), or is told why (403 and `error`)")
    }

    /// Must be the JSON string "ok".
    pub(crate) fn is_ok(&self) -> Verdict {
        self.is(200, "the request is carried out")?;
        self.must(self.json == "ok", "the answer is the JSON string \"ok\"")
    }

    /// Must have this value at a JSON pointer.
    pub(crate) fn equals(&self, pointer: &str, value: impl Into<Value>, contract: &str) -> Verdict {
        let value = value.into();
        self.must(*self.at(pointer) == value, &format!("{pointer} is {value}: {contract}"))
    }

    /// Must have the shape that a schema describes.
    pub(crate) fn fits(&self, schema: &str) -> Verdict {
        match schema::check(schema, &self.json) {
            Ok(()) => Ok(()),
            Err(problem) => Err(self.failure(&format!("schemas/{schema}.json: {problem}"))),
        }
    }

    /// The entry of a list with this id.
    pub(crate) fn entry(&self, pointer: &str, id: &str, contract: &str) -> Verdict<&Value> {
        let list = self.at(pointer).as_array();
        let found = list.and_then(|list| list.iter().find(|entry| entry["id"] == id));
        found.ok_or_else(|| self.failure(&format!("{pointer} has an entry with the id {id}: {contract}")))
    }

    /// The texts of a member in each entry of a list.
    pub(crate) fn each(&self, pointer: &str, member: &str) -> Vec<String> {
        texts(self.at(pointer), member)
    }

    /// The same failure for all questions.
    pub(crate) fn failure(&self, contract: &str) -> Failure {
        let kind = self.header("content-type");
        Failure::new(self.asked.clone(), format!("{} {kind} {}", self.status, self.text), contract)
    }
}

/// The texts of a member in each entry of a list.
pub(crate) fn texts(list: &Value, member: &str) -> Vec<String> {
    let entries = list.as_array().into_iter().flatten();
    entries.map(|entry| entry[member].as_str().unwrap_or_default().to_owned()).collect()
}
