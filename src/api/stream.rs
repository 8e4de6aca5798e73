//! Streams: the answer to `/packets` that has no end, as events.
//!
//! Owns: what is in the fields of an event. Must not: keep a state of a stream; its connection and its session do.

use super::delivery;
use super::shape::{Form, Shape};
use crate::http::events::{self, Event};
use crate::router::call::Delivery;

/// Appends an event, and before the first one the head of the answer. The last one says that the session has stopped.
pub(super) fn write(out: &mut Vec<u8>, delivery: &Delivery, shape: &Shape) {
    if shape.form == Form::Opening {
        events::write_head(out, &shape.manner());
    }
    let Delivery { seq, retry_ms, stopped, .. } = *delivery;
    let event = Event { id: seq, retry_ms, is_last: stopped.is_some() };
    events::write_event(out, event, |out| delivery::write(out, delivery));
}

#[cfg(test)]
mod tests {
    use super::super::answer::write_answer;
    use super::super::testing::{BASE_URL, SESSION};
    use super::*;
    use crate::base::domains::{Audience, DomainId};
    use crate::router::call::{Answer, Packets, Reason, Refusal};
    use crate::router::packet::Reader;

    const EMPTY: &str = r#""messages":[],"presences":[],"statuses":[],"seq":7"#;

    fn written(form: Form, answer: &Answer) -> String {
        let shape = Shape { form, cross_origin: true, ..Shape::default() }.read_by(Audience::Anybody);
        let mut out = Vec::new();
        write_answer(&mut out, answer, &shape, BASE_URL, 0);
        String::from_utf8(out).unwrap()
    }

    fn delivery(stopped: Option<Reason>, retry_ms: Option<u64>) -> Answer {
        let (session, domain, packets) = (SESSION, DomainId(0), Packets::None);
        Answer::Packets(Delivery { session, domain, packets, reader: Reader::V6, seq: 7, stopped, retry_ms })
    }

    #[test]
    fn the_head_comes_once_and_the_end_with_stopped() {
        let event = format!("50\r\nid: 7\ndata: {{\"status\":\"ok\",{EMPTY}}}\n\n\r\n");
        assert_eq!(written(Form::Stream, &delivery(None, None)), event);
        let opened = written(Form::Opening, &delivery(None, None));
        let (head, body) = opened.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, event);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"), "{head}");
        assert!(head.contains("\r\nAccess-Control-Allow-Origin: *\r\n"), "{head}");
        let last = format!(
            "{{\"status\":\"stopped\",\"reason\":\"shutdown\",{EMPTY},\"retry\":1500}}\n\n\r\n0\r\n\r\n"
        );
        let stopped = written(Form::Stream, &delivery(Some(Reason::Shutdown), Some(1_500)));
        assert!(stopped.ends_with(&last) && stopped.contains("\nretry: 1500\n"), "{stopped}");
    }

    #[test]
    fn a_refusal_is_no_stream() {
        let refused = written(Form::Opening, &Answer::Refused(Refusal::NoClient));
        assert!(refused.starts_with("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain"), "{refused}");
        assert!(refused.contains("\r\nAccess-Control-Allow-Origin: *\r\n"), "{refused}");
    }
}
