//! The shapes of answers, from `schemas/`.
//!
//! Owns: the part of JSON Schema that the files use: `type`, `properties`, `required`, `items`, `additionalProperties`,
//! `enum`, `const`, `minimum`, `anyOf` and `$ref` to another file. Must not: read a file at run time, or pass over a
//! keyword that it does not know.

use serde_json::{Map, Value};

const FILES: [(&str, &str); 15] = [
    ("buddies", include_str!("../schemas/buddies.json")),
    ("buddy", include_str!("../schemas/buddy.json")),
    ("failure", include_str!("../schemas/failure.json")),
    ("histories", include_str!("../schemas/histories.json")),
    ("line", include_str!("../schemas/line.json")),
    ("lines", include_str!("../schemas/lines.json")),
    ("members", include_str!("../schemas/members.json")),
    ("message", include_str!("../schemas/message.json")),
    ("missed", include_str!("../schemas/missed.json")),
    ("notifications", include_str!("../schemas/notifications.json")),
    ("online", include_str!("../schemas/online.json")),
    ("refusal", include_str!("../schemas/refusal.json")),
    ("room", include_str!("../schemas/room.json")),
    ("rooms", include_str!("../schemas/rooms.json")),
    ("xmpp_online", include_str!("../schemas/xmpp_online.json")),
];

/// Whether a value has the shape of this schema. The error names the place and the rule.
pub(crate) fn check(name: &str, value: &Value) -> Result<(), String> {
    matches(&read(name)?, value, "")
}

fn read(name: &str) -> Result<Value, String> {
    let (_, text) =
        FILES.iter().find(|(known, _)| *known == name).ok_or(format!("there is no schema {name}"))?;
    serde_json::from_str(text).map_err(|error| format!("{name}: {error}"))
}

fn matches(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let rules = schema.as_object().ok_or("a schema is an object")?;
    rules.iter().try_for_each(|(keyword, rule)| follows(keyword, rule, rules, value, at))
}

/// Whether a value follows one rule of a schema.
fn follows(
    keyword: &str,
    rule: &Value,
    all: &Map<String, Value>,
    value: &Value,
    at: &str,
) -> Result<(), String> {
    let place = if at.is_empty() { "the answer" } else { at };
    match keyword {
        "title" | "description" => Ok(()),
        "$ref" => {
            let name =
                rule.as_str().and_then(|file| file.strip_suffix(".json")).ok_or("$ref names a file")?;
            matches(&read(name)?, value, at)
        }
        "type" => {
            let kinds: Vec<&str> = rule.as_array().map_or_else(
                || rule.as_str().into_iter().collect(),
                |kinds| kinds.iter().filter_map(Value::as_str).collect(),
            );
            let fits = kinds.iter().any(|kind| is_of(kind, value));
            require(fits, || format!("{place} is of the type {}", kinds.join(" or ")))
        }
        "required" => {
            let Some(object) = value.as_object() else { return Ok(()) };
            let mut names = rule.as_array().into_iter().flatten().filter_map(Value::as_str);
            let lacking = names.find(|name| !object.contains_key(*name));
            require(lacking.is_none(), || format!("{place} has the member {}", lacking.unwrap_or_default()))
        }
        "properties" => {
            let known = rule.as_object().into_iter().flatten();
            let mut there = known.filter_map(|(name, rule)| Some((name, rule, value.get(name)?)));
            there.try_for_each(|(name, rule, value)| matches(rule, value, &format!("{at}/{name}")))
        }
        "additionalProperties" => {
            let named = all.get("properties").and_then(Value::as_object);
            let is_other = |name: &String| named.is_none_or(|named| !named.contains_key(name));
            let members = value.as_object().into_iter().flatten().filter(|(name, _)| is_other(name));
            members.into_iter().try_for_each(|(name, value)| matches(rule, value, &format!("{at}/{name}")))
        }
        "items" => {
            let entries = value.as_array().into_iter().flatten().enumerate();
            entries.into_iter().try_for_each(|(index, entry)| matches(rule, entry, &format!("{at}/{index}")))
        }
        "enum" => {
            let allowed = rule.as_array().is_some_and(|values| values.contains(value));
            require(allowed, || format!("{place} is one of {rule}"))
        }
        "const" => require(value == rule, || format!("{place} is {rule}")),
        "minimum" => {
            let fits = value.as_f64().zip(rule.as_f64()).is_none_or(|(value, least)| value >= least);
            require(fits, || format!("{place} is at least {rule}"))
        }
        "minLength" => {
            let length = value.as_str().map(|text| text.chars().count() as u64);
            require(length.is_none_or(|length| length >= rule.as_u64().unwrap_or(0)), || {
                format!("{place} has at least {rule} characters")
            })
        }
        "anyOf" => {
            let fits =
                rule.as_array().is_some_and(|any| any.iter().any(|one| matches(one, value, at).is_ok()));
            require(fits, || format!("{place} fits one of {rule}"))
        }
        other => Err(format!("the suite does not know the keyword {other}")),
    }
}

fn require(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_file_is_a_schema_of_known_keywords() {
        for (name, _) in FILES {
            let schema = read(name).unwrap();
            assert!(schema.is_object(), "{name}");
            for value in [json!({}), json!([{}]), json!("x"), json!(1)] {
                let problem = matches(&schema, &value, "").err().unwrap_or_default();
                assert!(!problem.contains("does not know"), "{name}: {problem}");
            }
        }
    }

    #[test]
    fn the_place_of_a_problem_is_named() {
        let schema = json!({"type": "array", "items": {"type": "object", "required": ["id"],
            "properties": {"id": {"type": "string"}, "n": {"anyOf": [{"const": 1}, {"minimum": 5, "type": "integer"}]}}}});
        let problem = |value: Value| matches(&schema, &value, "").err().unwrap_or_default();
        assert_eq!(problem(json!([{"id": "x", "n": 1}, {"id": "y", "n": 7, "other": 2}])), "");
        assert_eq!(problem(json!([{"id": "x"}, {"id": 2}])), "/1/id is of the type string");
        assert_eq!(problem(json!([{}])), "/0 has the member id");
        assert_eq!(problem(json!({})), "the answer is of the type array");
        assert!(problem(json!([{"id": "x", "n": 2}])).contains("/0/n fits one of"));
        assert!(matches(&json!({"pattern": "x"}), &json!("x"), "").unwrap_err().contains("pattern"));
    }
}
