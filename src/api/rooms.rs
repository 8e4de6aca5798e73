//! `/room/…`: rooms that users join and leave, and their members.
//!
//! Owns: the parameters of these calls. Must not: import a table of rooms.

use super::param::Param;
use super::params::Params;
use crate::base::limits::chat::ROOM_BYTES_MAX;
use crate::http::rejection::Rejection;
use crate::router::call::{MembersQuery, RoomCall, Verb};

/// `GET /room/members`.
pub(super) fn members<'a>(params: &mut Params<'a>) -> Result<Verb<'a>, Rejection> {
    let room = params.required_name(Param::Room, ROOM_BYTES_MAX)?;
    Ok(Verb::Members(MembersQuery { ticket: params.ticket()?, room }))
}

/// `POST /room/join`.
pub(super) fn join<'a>(params: &mut Params<'a>) -> Result<Verb<'a>, Rejection> {
    let subject = params.subject()?;
    let room = params.required_name(Param::Room, ROOM_BYTES_MAX)?;
    Ok(Verb::Join(RoomCall { subject, room, nick: params.nick()? }))
}

/// `POST /room/leave`.
pub(super) fn leave<'a>(params: &mut Params<'a>) -> Result<Verb<'a>, Rejection> {
    let subject = params.subject()?;
    let room = params.required_name(Param::Room, ROOM_BYTES_MAX)?;
    Ok(Verb::Leave(RoomCall { subject, room, nick: params.nick()? }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TICKET, get, post};
    use super::*;
    use crate::router::call::Subject;

    #[test]
    fn rooms_are_joined_and_left() {
        let (verb, _) = post("/room/join", "name=a&room=r&nick=A").unwrap();
        let subject = Subject::Name("a".into());
        let (room, nick) = ("r".into(), Some("A".into()));
        assert_eq!(verb, Verb::Join(RoomCall { subject: subject.clone(), room, nick }));
        let (verb, _) = post("/room/leave", "name=a&room=r").unwrap();
        assert_eq!(verb, Verb::Leave(RoomCall { subject, room: "r".into(), nick: None }));
    }

    #[test]
    fn members_are_listed() {
        let verb = |params: &str| get("/room/members", params).map(|(verb, _)| verb);
        assert_eq!(verb("room=r"), Ok(Verb::Members(MembersQuery { ticket: None, room: "r".into() })));
        let with_ticket = verb(&format!("room=r&ticket={TICKET}"));
        assert!(matches!(with_ticket, Ok(Verb::Members(MembersQuery { ticket: Some(_), .. }))));
        assert_eq!(verb("room=r&ticket=x"), Err("404 invalid ticket".to_owned()));
    }

    #[test]
    fn bad_parameters_are_named() {
        let check = |params: &str, expected: &str| {
            for path in ["/room/join", "/room/leave"] {
                assert_eq!(post(path, params).map(|_| ()), Err(expected.to_owned()), "{params}");
            }
        };
        check("room=r", "400 missing parameter: ticket");
        check("name=a", "400 missing parameter: room");
        check("name=a&room=a,b", "400 bad parameter: room");
        check(&format!("name=a&room={}", "r".repeat(257)), "400 bad parameter: room");
    }
}
