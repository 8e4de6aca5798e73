//! `/presences/…`: sessions that begin and end, and presences that change.
//!
//! Owns: the parameters of these calls. Must not: import a table of users.

use super::context::Context;
use super::dialect;
use super::names::ListRules;
use super::param::Param;
use super::params::Params;
use super::shape::Shape;
use crate::base::limits::chat::{
    EXPIRES_S_MAX, EXPIRES_S_MIN, NAME_BYTES_MAX, ROOM_BYTES_MAX, SHOW_BYTES_MAX, STATUS_BYTES_MAX,
};
use crate::http::rejection::Rejection;
use crate::router::call::{Looks, Online, Show, Subject, Verb};

/// `POST /presences/online`.
pub(super) fn online<'a>(
    params: &mut Params<'a>,
    context: &Context<'_>,
    shape: &mut Shape,
) -> Result<Verb<'a>, Rejection> {
    let name = params.required_name(Param::Name, NAME_BYTES_MAX)?;
    let looks = looks(params)?;
    let rules = ListRules {
        bytes_max: NAME_BYTES_MAX,
        count_max: context.limits.buddies_per_call,
        except: &name,
        secret: context.secret,
    };
    let buddies = params.names(Param::Buddies, &rules)?.unwrap_or_default();
    let rules = ListRules {
        bytes_max: ROOM_BYTES_MAX,
        count_max: context.limits.rooms_per_call,
        except: "",
        ..rules
    };
    let rooms = match params.names(Param::Rooms, &rules)? {
        None if shape.version.is_v5() => params.names(Param::Groups, &rules)?,
        rooms => rooms,
    };
    let rooms = rooms.unwrap_or_default();
    let expires_s = if dialect::of(shape.version).renews() { expires_s(params)? } else { None };
    shape.skip(buddies.skipped.saturating_add(rooms.skipped));
    Ok(Verb::Online(Box::new(Online {
        name,
        looks,
        buddies: buddies.names,
        rooms: rooms.names,
        truncated: buddies.truncated || rooms.truncated,
        version: shape.version,
        expires_s,
        secret: context.secret,
    })))
}

fn expires_s(params: &mut Params<'_>) -> Result<Option<u64>, Rejection> {
    let Some(text) = params.text(Param::Expires) else { return Ok(None) };
    let seconds = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let seconds = seconds.filter(|seconds| (EXPIRES_S_MIN..=EXPIRES_S_MAX).contains(seconds));
    seconds.map(Some).ok_or(Param::Expires.bad())
}

/// `POST /presences/offline`.
pub(super) fn offline<'a>(params: &mut Params<'a>, shape: &Shape) -> Result<Verb<'a>, Rejection> {
    Ok(match params.subject()? {
        Subject::Ticket(ticket) if shape.version.is_v5() => Verb::End(ticket),
        subject @ (Subject::Ticket(_) | Subject::Name(_)) => Verb::Offline(subject),
    })
}

/// `POST /presences/show`.
pub(super) fn show<'a>(params: &mut Params<'a>) -> Result<Verb<'a>, Rejection> {
    Ok(Verb::Show(Show { subject: params.subject()?, looks: looks(params)? }))
}

fn looks<'a>(params: &mut Params<'a>) -> Result<Looks<'a>, Rejection> {
    let nick = params.nick()?;
    let show = params.text_up_to(Param::Show, SHOW_BYTES_MAX)?;
    // An empty status clears the stored one; an absent status does not.
    let status = params.raw(Param::Status);
    if status.as_ref().is_some_and(|status| status.len() > STATUS_BYTES_MAX) {
        return Err(Param::Status.bad());
    }
    Ok(Looks { nick, show, status })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TICKET, post};
    use super::*;
    use crate::router::call::{Text, Version};

    fn online_of(params: &str) -> Result<Online<'static>, String> {
        post("/presences/online", params).map(|(verb, _)| {
            let Verb::Online(online) = verb else { panic!("{verb:?}") };
            *online
        })
    }

    fn texts(texts: &[&str]) -> Vec<Text<'static>> {
        texts.iter().map(|text| (*text).to_owned().into()).collect()
    }

    #[test]
    fn a_session_is_started() {
        let found = online_of(
            "name=al&nick=Al&show=away&status=out&version=3&rooms=r%2Cs&buddies=%5B%22b%22%2C%22al%22%2C3%5D",
        );
        let looks = Looks { nick: Some("Al".into()), show: Some("away".into()), status: Some("out".into()) };
        let expected = Online {
            name: "al".into(),
            looks,
            buddies: texts(&["b", "3"]),
            rooms: texts(&["r", "s"]),
            truncated: false,
            version: Version::V3,
            expires_s: None,
            secret: [9; 16],
        };
        assert_eq!(found, Ok(expected));
    }

    #[test]
    fn sessions_of_version_6_may_have_an_end() {
        let expires = |params: &str| online_of(&format!("name=a&{params}")).map(|online| online.expires_s);
        assert_eq!(expires("version=6"), Ok(None));
        assert_eq!(expires("version=6&expires="), Ok(None));
        assert_eq!(expires("version=6&expires=60"), Ok(Some(60)));
        assert_eq!(expires("version=6&expires=86400"), Ok(Some(86_400)));
        for bad in ["59", "86401", "-60", "%2B60", "60.0", "6e1", "x", "+60", "99999999999999999999"] {
            let bad = format!("version=6&expires={bad}");
            assert_eq!(expires(&bad), Err("400 bad parameter: expires".to_owned()), "{bad}");
        }
        for ignored in ["expires=60", "version=3&expires=60", "version=3&expires=x"] {
            assert_eq!(expires(ignored), Ok(None));
        }
    }

    #[test]
    fn lists_beyond_the_limit_are_marked() {
        let truncated = |params: &str| online_of(params).map(|online| online.truncated);
        assert_eq!(truncated("name=a&buddies=b,c,d,a,b,&rooms=r,s,s"), Ok(false));
        assert_eq!(truncated("name=a&buddies=b,c,d,e"), Ok(true));
        assert_eq!(truncated("name=a&rooms=r,s,t"), Ok(true));
    }

    #[test]
    fn entries_that_cannot_be_names_are_counted() {
        let skipped = |params: &str| post("/presences/online", params).map(|(_, shape)| shape.skipped());
        assert_eq!(skipped("name=a&buddies=b,,b,a&rooms=r"), Ok(0));
        assert_eq!(skipped("name=a&buddies=b,xmpp:c&rooms=%00,%ff"), Ok(3));
        assert_eq!(skipped("name=a&buddies[]=%ff&buddies[]=b&rooms[0]=r,s"), Ok(2));
    }

    #[test]
    fn only_status_may_be_empty() {
        let looks = online_of("name=a&nick=&show=&status=").unwrap().looks;
        assert_eq!(looks, Looks { nick: None, show: None, status: Some("".into()) });
        assert_eq!(online_of("name=a").unwrap().looks, Looks::default());
    }

    #[track_caller]
    fn check(path: &str, params: &str, expected: &str) {
        assert_eq!(post(path, params).map(|_| ()), Err(expected.to_owned()), "{params}");
    }

    #[test]
    fn bad_parameters_are_named() {
        check("/presences/online", "", "400 missing parameter: name");
        check("/presences/online", "name=", "400 missing parameter: name");
        check("/presences/online", "name=xmpp:a", "400 bad parameter: name");
        check("/presences/online", &format!("name={}", "a".repeat(257)), "400 bad parameter: name");
        check("/presences/online", &format!("name=a&nick={}", "a".repeat(257)), "400 bad parameter: nick");
        check("/presences/online", &format!("name=a&show={}", "a".repeat(33)), "400 bad parameter: show");
        check(
            "/presences/online",
            &format!("name=a&status={}", "a".repeat(1_025)),
            "400 bad parameter: status",
        );
        check("/presences/online", "name=a&buddies=%5B%22", "400 bad parameter: buddies");
        check("/presences/online", "name=a&rooms%5Bx%5D=r", "400 bad parameter: rooms");
        check("/presences/offline", "", "400 missing parameter: ticket");
        check("/presences/offline", "ticket=1", "404 invalid ticket");
        check("/presences/show", "name=a,b", "400 bad parameter: name");
    }

    #[test]
    fn sessions_and_users_change_and_end() {
        let by_name = Subject::Name("a".into());
        let verb = |path, params: &str| post(path, params).map(|(verb, _)| verb);
        assert_eq!(verb("/presences/offline", "name=a"), Ok(Verb::Offline(by_name.clone())));
        let looks = Looks { show: Some("dnd".into()), ..Looks::default() };
        assert_eq!(
            verb("/presences/show", "name=a&show=dnd"),
            Ok(Verb::Show(Show { subject: by_name, looks }))
        );
        let found = verb("/presences/offline", &format!("ticket={TICKET}&name=a"));
        assert!(matches!(found, Ok(Verb::Offline(Subject::Ticket(_)))));
    }
}
