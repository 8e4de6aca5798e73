//! `setting`: the settings of a user's chat bar.
//!
//! Owns: the list of settings, and the values each may have. Must not: use `set_settings` with a setting that is not on the
//! list.

use serde_json::{Map, Value, json};

use super::host::{Host, Person, Records};
use super::limits::{IDS_MAX, SETTINGS_BYTES_MAX};
use super::params::text;
use crate::http::{Outcome, Params, Refusal, Reply};

const FLAGS: [&str; 5] = ["play_sound", "buddy_sticky", "minimize_layout", "msg_auto_pop", "desktop_notify"];
const WORDS: [(&str, &[&str]); 2] =
    [("theme", &["auto", "light", "dark"]), ("lang", &["", "en", "zh-CN", "zh-TW"])];
const PERCENTS: [(&str, std::ops::RangeInclusive<i64>); 2] = [("opacity", 50..=100), ("zoom", 80..=150)];
const BLOCKED_ROOMS: &str = "blocked_rooms";

/// `setting`: `data` is all of them as JSON; by the specification, each may also be a parameter of its own.
pub(super) fn setting(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    let given = given(params)?;
    site.write(|db| {
        let mut kept = of(db, user)?;
        for (name, value) in &given {
            if let Some(value) = checked(name, value) {
                kept[name] = value;
            }
        }
        db.set_settings(&user.id, &kept.to_string())
    })?;
    Ok(Reply::json("ok"))
}

fn given(params: &Params) -> Result<Map<String, Value>, Refusal> {
    let data = text(params, "data");
    if data.is_empty() {
        let known = FLAGS
            .iter()
            .chain(WORDS.iter().map(|(name, _)| name))
            .chain(PERCENTS.iter().map(|(name, _)| name));
        let sent = |name: &&str| Some(((*name).to_owned(), Value::from(params.find(name)?)));
        return Ok(known.chain(&[BLOCKED_ROOMS]).filter_map(sent).collect());
    }
    let parsed = serde_json::from_str(data).ok().filter(|_| data.len() <= SETTINGS_BYTES_MAX);
    parsed.ok_or_else(|| Refusal::bad("bad parameter: data"))
}

/// The value of a setting, if there is such a setting and it may have this value.
fn checked(name: &str, value: &Value) -> Option<Value> {
    if FLAGS.contains(&name) {
        return flag(value).map(Value::from);
    }
    if name == BLOCKED_ROOMS {
        return rooms(value).map(|rooms| json!(rooms));
    }
    if let Some((_, words)) = WORDS.iter().find(|(known, _)| *known == name) {
        return value.as_str().filter(|word| words.contains(word)).map(Value::from);
    }
    let (_, range) = PERCENTS.iter().find(|(known, _)| *known == name)?;
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    number.filter(|number| range.contains(number)).map(Value::from)
}

/// A flag, in the forms in which front ends write one.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => number.as_i64().map(|number| number != 0),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" | "" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Ids of rooms, which are numbers: a list, or a text with commas.
fn rooms(value: &Value) -> Option<Vec<String>> {
    let texts: Vec<String> = match value {
        Value::Array(list) => list
            .iter()
            .filter_map(|id| id.as_str().map_or(id.as_i64().map(|n| n.to_string()), |id| Some(id.to_owned())))
            .collect(),
        Value::String(text) => text.split(',').map(|id| id.trim().to_owned()).collect(),
        Value::Null => Vec::new(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    Some(texts.into_iter().filter(|id| id.parse::<i64>().is_ok()).take(IDS_MAX).collect())
}

/// A user's settings. A user who has made none blocks no room.
pub(super) fn of(db: &dyn Records, user: &Person) -> Result<Value, Refusal> {
    let kept = db.settings(&user.id)?.and_then(|data| serde_json::from_str(&data).ok());
    let mut kept: Map<String, Value> = kept.unwrap_or_default();
    kept.entry(BLOCKED_ROOMS).or_insert_with(|| json!([]));
    Ok(Value::Object(kept))
}

/// The rooms whose messages a user does not want.
pub(super) fn blocked_rooms(settings: &Value) -> Vec<String> {
    rooms(&settings[BLOCKED_ROOMS]).unwrap_or_default()
}

/// Keeps whether a user blocks a room.
pub(super) fn block_room(db: &dyn Records, user: &Person, room: &str, blocked: bool) -> Result<(), Refusal> {
    let mut kept = of(db, user)?;
    let mut rooms = blocked_rooms(&kept);
    rooms.retain(|known| known != room);
    rooms.extend(blocked.then(|| room.to_owned()));
    kept[BLOCKED_ROOMS] = json!(rooms);
    db.set_settings(&user.id, &kept.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_settings_with_sensible_values_are_kept() {
        for (name, value, expected) in [
            ("play_sound", json!(true), Some(json!(true))),
            ("play_sound", json!("0"), Some(json!(false))),
            ("play_sound", json!("loud"), None),
            ("blocked_rooms", json!([1, "2", "x", null]), Some(json!(["1", "2"]))),
            ("blocked_rooms", json!("1, 2"), Some(json!(["1", "2"]))),
            ("blocked_rooms", json!(null), Some(json!([]))),
            ("blocked_rooms", json!({}), None),
            ("theme", json!("dark"), Some(json!("dark"))),
            ("theme", json!("pink"), None),
            ("lang", json!("zh-TW"), Some(json!("zh-TW"))),
            ("zoom", json!(150), Some(json!(150))),
            ("zoom", json!("80"), Some(json!(80))),
            ("zoom", json!(151), None),
            ("opacity", json!(49), None),
            ("is_admin", json!(true), None),
        ] {
            assert_eq!(checked(name, &value), expected, "{name} {value}");
        }
    }
}
