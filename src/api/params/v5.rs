//! Parameters as the clients of 2013 to 2016 send them, on the paths of version 5.
//!
//! Owns: what such a path changes in the parameters of a request. Must not: be called for another path.

use super::{Param, Params};
use crate::base::limits::chat::NAME_BYTES_MAX;
use crate::http::form::{self, BadText};
use crate::http::rejection::Rejection;
use crate::router::call::Speaker;
use crate::router::ids::Ticket;

impl<'a> Params<'a> {
    /// Reads the parameters as version 5 has them: empty ones are absent; and the room, if it is none of them, is the
    /// `group`, or what stands in the path.
    pub(in crate::api) fn follow_v5(&mut self, path_room: Option<&'a str>) {
        for value in &mut self.values {
            value.take_if(|text| text.is_empty());
        }
        let group = self.raw(Param::Group);
        let room = &mut self.values[Param::Room as usize];
        *room = room.take().or(group);
        if let (None, Some(raw)) = (&room, path_room) {
            match form::path_part(raw) {
                Ok(text) => *room = Some(text),
                Err(BadText) => self.blame(Param::Room.name()),
            }
        }
    }

    /// The sender, and the ticket that must be valid beside it: a `from` wins over a ticket, because what a robot
    /// answers must not come from the user who asked it.
    pub(in crate::api) fn v5_speaker(&mut self) -> Result<(Speaker<'a>, Option<Ticket>), Rejection> {
        let ticket = self.ticket()?;
        match (self.name(Param::From, NAME_BYTES_MAX)?, ticket) {
            (Some(from), beside) => Ok((Speaker::Site(from), beside)),
            (None, Some(ticket)) => Ok((Speaker::Ticket(ticket), None)),
            (None, None) => Err(Param::Ticket.missing()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::api::testing::{TICKET, get, post};
    use crate::router::call::{MembersQuery, NewMessage, Online, OnlinesQuery, RoomCall, Speaker, Verb};

    #[test]
    fn a_room_is_a_parameter_or_stands_in_the_path() {
        let room = |path: &str, params: &str| {
            get(path, params).map(|(verb, _)| {
                let Verb::Members(MembersQuery { room, .. }) = verb else { panic!("{verb:?}") };
                room.into_owned()
            })
        };
        let check = |path: &str, params: &str, expected: Result<&str, &str>| {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(room(path, params), expected, "{path} {params}");
        };
        check("/v5/rooms/r1/members", "", Ok("r1"));
        check("/v5/rooms/r1/members", "room=&ticket=", Ok("r1"));
        check("/v5/rooms/r1/members", "room=r2", Ok("r2"));
        check("/v5/rooms/%e7%be%a4%2f+a/b/members", "", Ok("\u{7fa4}/+a/b"));
        check("/v5/rooms/50%/members", "room=r2", Ok("r2"));
        check("/v5/rooms/50%/members", "", Err("400 bad parameter: room"));
        check("/v5/rooms/a,b/members", "", Err("400 bad parameter: room"));
        check("/v5/rooms//members", "", Err("400 missing parameter: room"));
        check("/v5/rooms/r1/members", "ticket=x", Err("404 invalid ticket"));
        check("/v5/group/members", "group=g", Ok("g"));
        check("/v5/group/members", "room=r&group=g", Ok("r"));
        check("/v5/group/members", "room=&group=g", Ok("g"));
        check("/v5/group/members", "", Err("400 missing parameter: room"));
        let (verb, _) = post("/v5/rooms/r1/join", &format!("ticket={TICKET}&nick=A")).unwrap();
        let Verb::Join(RoomCall { room, nick, .. }) = verb else { panic!("{verb:?}") };
        assert_eq!((&*room, nick.as_deref()), ("r1", Some("A")));
    }

    #[test]
    fn an_empty_parameter_is_absent() {
        let online = |params: &str| {
            let (verb, _) = post("/v5/presences/online", params)?;
            let Verb::Online(online) = verb else { panic!("{verb:?}") };
            Ok::<Online<'_>, String>(*online)
        };
        let empty = "name=vid:17&nick=&show=&status=&buddies=&rooms=&groups=&ticket=x&version=";
        assert_eq!(online(empty), online("name=vid:17"));
        assert_eq!(online(empty).unwrap().looks.status, None);
        assert_eq!(online("name=a&rooms=&groups=g,h").unwrap().rooms, ["g", "h"]);
        assert_eq!(online("name=a&groups[]=g").unwrap().rooms, ["g"]);
        assert_eq!(online("name=a&rooms=r&groups=g").unwrap().rooms, ["r"]);
        for params in ["", "ids=", "ids=&ticket="] {
            let (verb, _) = get("/v5/presences", params).unwrap();
            assert_eq!(verb, Verb::Onlines(OnlinesQuery { ticket: None, names: vec![] }));
        }
        let (verb, _) = get("/v5/presences", "ids=a,b&format=xml").unwrap();
        assert_eq!(verb, Verb::Onlines(OnlinesQuery { ticket: None, names: vec!["a".into(), "b".into()] }));
    }

    #[test]
    fn a_robot_speaks_in_its_own_name_beside_the_ticket_of_a_user() {
        let speaker = |params: &str| {
            let (verb, _) = post("/v5/messages", &format!("to=b&body=x&{params}"))?;
            let Verb::Message(message) = verb else { panic!("{verb:?}") };
            let NewMessage { speaker, beside, .. } = *message;
            Ok::<_, String>((speaker, beside.is_some()))
        };
        let robot = Speaker::Site("robot".into());
        assert_eq!(speaker("from=robot"), Ok((robot.clone(), false)));
        assert_eq!(speaker("from=robot&ticket="), Ok((robot.clone(), false)));
        assert_eq!(speaker(&format!("from=robot&ticket={TICKET}")), Ok((robot, true)));
        let user = speaker(&format!("from=&ticket={TICKET}")).unwrap();
        assert!(matches!(user, (Speaker::Ticket(_), false)));
        assert_eq!(speaker("from=robot&ticket=x"), Err("404 invalid ticket".to_owned()));
        assert_eq!(speaker("from=a,b"), Err("400 bad parameter: from".to_owned()));
        assert_eq!(speaker(""), Err("400 missing parameter: ticket".to_owned()));
    }

    #[test]
    fn an_end_is_by_ticket() {
        let end = |params: &str| post("/v5/presences/offline", params).map(|(verb, _)| verb);
        assert!(matches!(end(&format!("ticket={TICKET}")), Ok(Verb::End(_))));
        assert!(matches!(end("name=a"), Ok(Verb::Offline(_))));
        assert_eq!(end("ticket="), Err("400 missing parameter: ticket".to_owned()));
        assert_eq!(end("ticket=x"), Err("404 invalid ticket".to_owned()));
    }
}
