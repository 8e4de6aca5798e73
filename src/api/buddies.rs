//! `/onlines` and `/buddies/…`: users that are online, and links that end.
//!
//! Owns: the parameters of these calls. Must not: import a table of users.

use super::context::Context;
use super::names::ListRules;
use super::param::Param;
use super::params::Params;
use super::shape::{Form, Shape};
use crate::base::limits::chat::NAME_BYTES_MAX;
use crate::http::rejection::Rejection;
use crate::router::call::{BuddyRemoval, OnlinesQuery, Verb};

/// `GET /onlines`. An empty list names nobody; only an absent list is an error. In version 5 both are the same.
pub(super) fn onlines<'a>(
    params: &mut Params<'a>,
    context: &Context<'_>,
    shape: &mut Shape,
) -> Result<Verb<'a>, Rejection> {
    let is_v5 = shape.version.is_v5();
    shape.form = match params.text(Param::Format).as_deref() {
        _ if is_v5 => Form::Usual,
        None => Form::Usual,
        Some("json") => Form::Object,
        Some(_) => return Err(Param::Format.bad()),
    };
    let ticket = params.ticket()?;
    let rules =
        ListRules { bytes_max: NAME_BYTES_MAX, count_max: usize::MAX, except: "", secret: context.secret };
    let names = if is_v5 {
        params.names(Param::Ids, &rules)?.unwrap_or_default()
    } else {
        params.names(Param::Names, &rules)?.ok_or(Param::Names.missing())?
    };
    shape.skip(names.skipped);
    Ok(Verb::Onlines(OnlinesQuery { ticket, names: names.names }))
}

/// `POST /buddies/remove`.
pub(super) fn remove<'a>(
    params: &mut Params<'a>,
    context: &Context<'_>,
    shape: &mut Shape,
) -> Result<Verb<'a>, Rejection> {
    let name = params.required_name(Param::Name, NAME_BYTES_MAX)?;
    let rules = ListRules {
        bytes_max: NAME_BYTES_MAX,
        count_max: context.limits.buddies_per_call,
        except: &name,
        secret: context.secret,
    };
    let buddies = params.names(Param::Buddies, &rules)?;
    let buddies = buddies.ok_or(Param::Buddies.missing())?;
    shape.skip(buddies.skipped);
    Ok(Verb::RemoveBuddies(BuddyRemoval { name, buddies: buddies.names }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TICKET, get, post};
    use super::*;

    #[track_caller]
    fn check(params: &str, expected: Result<(&[&str], bool, bool), &str>) {
        for found in [get("/onlines", params), post("/onlines", params)] {
            let found = found.map(|(verb, shape)| {
                let Verb::Onlines(OnlinesQuery { ticket, names }) = verb else { panic!("{verb:?}") };
                (names, ticket.is_some(), shape.form == Form::Object)
            });
            let expected = expected
                .map(|(names, ticket, object)| {
                    (names.iter().map(|&name| name.into()).collect(), ticket, object)
                })
                .map_err(str::to_owned);
            assert_eq!(found, expected, "{params}");
        }
    }

    #[test]
    fn online_users_are_looked_up_by_name() {
        check("names=a,b,a", Ok((&["a", "b"], false, false)));
        check("names=&format=", Ok((&[], false, false)));
        check("names=a,b,c,d,e&format=json", Ok((&["a", "b", "c", "d", "e"], false, true)));
        check(&format!("names=a&ticket={TICKET}"), Ok((&["a"], true, false)));
        check("names=a&ticket=x", Err("404 invalid ticket"));
        check("", Err("400 missing parameter: names"));
        check("names=a&format=xml", Err("400 bad parameter: format"));
        check("names=xmpp:a,b", Ok((&["b"], false, false)));
        check("names[]=b&names[7]=a&names%5B%5D=", Ok((&["b", "a"], false, false)));
        check("names=%5B%22a%22", Err("400 bad parameter: names"));
    }

    #[test]
    fn buddies_are_removed() {
        let removed = |params: &str| post("/buddies/remove", params).map(|(verb, _)| verb);
        let expected =
            Verb::RemoveBuddies(BuddyRemoval { name: "a".into(), buddies: vec!["b".into(), "c".into()] });
        assert_eq!(removed("name=a&buddies=b,a,c"), Ok(expected));
        let skipped =
            post("/buddies/remove", "name=a&buddies=b,xmpp:c,a,,d").map(|(_, shape)| shape.skipped());
        assert_eq!(skipped, Ok(1));
        assert_eq!(removed("buddies=b"), Err("400 missing parameter: name".to_owned()));
        assert_eq!(removed("name=a"), Err("400 missing parameter: buddies".to_owned()));
    }
}
