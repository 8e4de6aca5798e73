//! A connection to an XMPP server that is none: what the gateway says to it, and what it makes of its faults.
//!
//! Owns: the fake server. Must not: start a gateway; `tests/prosody/` does, with a real server.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

use std::sync::Arc;
use std::time::Duration;

use nextim_xmpp::core::{Input, Link};
use nextim_xmpp::limits::{ELEMENTS_DEEP_MAX, OUT_BYTES_MAX, PONG_MS, SILENCE, STANZA_BYTES_MAX};
use nextim_xmpp::link::{Order, Settings, hold};
use nextim_xmpp::stats::Stats;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_xmpp::Stanza;
use xmpp_parsers::component::Handshake;
use xmpp_parsers::jid::Jid;
use xmpp_parsers::message::{Lang, Message};

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' \
    xmlns:stream='http://etherx.jabber.org/streams' from='im.example' id='abc'>";

/// A server that takes connections, and the gateway's end of them.
struct Fake {
    listener: TcpListener,
    inputs: mpsc::Receiver<Input>,
    orders: mpsc::UnboundedSender<Order>,
    stats: Arc<Stats>,
    secret: watch::Sender<String>,
}

impl Fake {
    async fn start() -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap().to_string();
        let (input, inputs) = mpsc::channel(64);
        let (orders, ordered) = mpsc::unbounded_channel();
        let (secret, seen) = watch::channel("secret".to_owned());
        let settings = Settings { server, domain: "im.example".to_owned(), secret: seen };
        let stats = Arc::new(Stats::default());
        tokio::spawn(hold(Link::Users, settings, input, ordered, Arc::clone(&stats)));
        Fake { listener, inputs, orders, stats, secret }
    }

    /// Takes a connection up to the gateway's proof of the secret.
    async fn accept(&self) -> (BufReader<TcpStream>, String) {
        let mut socket = BufReader::new(self.listener.accept().await.unwrap().0);
        until(&mut socket, "version='1.0'>").await;
        socket.write_all(HEADER.as_bytes()).await.unwrap();
        let proof = until(&mut socket, "</handshake>").await;
        (socket, proof)
    }

    /// Takes a connection whose proof is right.
    async fn connected(&mut self) -> BufReader<TcpStream> {
        let (mut socket, proof) = self.accept().await;
        let secret = self.secret.borrow().clone();
        let right = Handshake::from_stream_id_and_password("abc".to_owned(), &secret).data.unwrap();
        let hex = right.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        assert!(proof.contains(&hex), "{proof}");
        socket.write_all(b"<handshake/>").await.unwrap();
        assert!(matches!(self.next().await, Input::Up(Link::Users)));
        socket
    }

    async fn next(&mut self) -> Input {
        tokio::time::timeout(Duration::from_secs(20), self.inputs.recv()).await.unwrap().unwrap()
    }
}

/// Reads until the text ends so.
async fn until(socket: &mut BufReader<TcpStream>, end: &str) -> String {
    let mut text = String::new();
    while !text.replace('"', "'").ends_with(end) {
        text.push(char::from(socket.read_u8().await.unwrap()));
    }
    text
}

fn message(body: &str) -> Stanza {
    Message::chat(Jid::new("a@login.example").unwrap()).with_body(Lang::new(), body.to_owned()).into()
}

fn body_of(input: Input) -> String {
    let Input::Stanza(Link::Users, Stanza::Message(message)) = input else { panic!("{input:?}") };
    message.bodies.into_values().next().unwrap()
}

#[tokio::test]
async fn stanzas_go_both_ways_after_the_handshake() {
    let mut fake = Fake::start().await;
    let mut socket = fake.connected().await;
    assert_eq!(fake.stats.get("nextim_xmpp_connected", "component=\"users\""), 1);
    socket
        .write_all(b"<message from='a@login.example/x' to='b@im.example'><body>in</body></message>")
        .await
        .unwrap();
    assert_eq!(body_of(fake.next().await), "in");
    fake.orders.send(Order::Send(Box::new(message("out")))).unwrap();
    assert!(until(&mut socket, "</message>").await.contains("<body>out</body>"));
    fake.orders.send(Order::End).unwrap();
    until(&mut socket, "</stream:stream>").await;
    assert!(matches!(fake.next().await, Input::Down(Link::Users)));
}

#[tokio::test]
async fn a_lost_connection_begins_again_with_the_secret_of_that_time() {
    let mut fake = Fake::start().await;
    drop(fake.connected().await);
    assert!(matches!(fake.next().await, Input::Down(Link::Users)));
    fake.secret.send_replace("another".to_owned());
    fake.connected().await;
}

#[tokio::test]
async fn a_gateway_whose_place_is_taken_waits_for_it() {
    let mut fake = Fake::start().await;
    let (mut socket, _) = fake.accept().await;
    let conflict = "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>";
    socket.write_all(conflict.as_bytes()).await.unwrap();
    drop(socket);
    fake.connected().await;
}

#[tokio::test]
async fn strange_stanzas_are_dropped_and_what_is_no_xml_ends_the_connection() {
    let mut fake = Fake::start().await;
    let mut socket = fake.connected().await;
    for strange in
        ["<iq from='a@b' type='get'/>", "<presence from='@@@'/>", "<message from='a@b' type='odd'/>"]
    {
        socket.write_all(strange.as_bytes()).await.unwrap();
    }
    socket.write_all(b"<message from='a@b'><body>after them</body></message>").await.unwrap();
    assert_eq!(body_of(fake.next().await), "after them");
    socket.write_all(b"<message><body>\x01</body></message>").await.unwrap();
    assert!(matches!(fake.next().await, Input::Down(Link::Users)));
}

#[tokio::test]
async fn an_entity_of_ones_own_ends_the_connection() {
    let mut fake = Fake::start().await;
    let mut socket = fake.connected().await;
    socket.write_all(b"<!DOCTYPE a [<!ENTITY b 'bb'>]><message>&b;</message>").await.unwrap();
    assert!(matches!(fake.next().await, Input::Down(Link::Users)));
}

#[tokio::test]
async fn a_stanza_that_is_too_long_is_marked_and_the_next_one_is_not() {
    let mut fake = Fake::start().await;
    let mut socket = fake.connected().await;
    let long = format!("<message from='a@b'><body>{}</body></message>", "x".repeat(STANZA_BYTES_MAX));
    socket.write_all(long.as_bytes()).await.unwrap();
    assert!(matches!(fake.next().await, Input::TooLong(Link::Users, _)));
    socket.write_all(b"<message from='a@b'><body>short</body></message>").await.unwrap();
    assert_eq!(body_of(fake.next().await), "short");
}

#[tokio::test]
async fn a_stanza_of_many_elements_within_one_another_ends_nothing() {
    let mut fake = Fake::start().await;
    let mut socket = fake.connected().await;
    for depth in [ELEMENTS_DEEP_MAX, 1_000, 30_000] {
        let (begin, end) = ("<a>".repeat(depth), "</a>".repeat(depth));
        let deep = format!("<message from='a@b'>{begin}{end}<body>{depth}</body></message>");
        socket.write_all(deep.as_bytes()).await.unwrap();
        assert_eq!(body_of(fake.next().await), depth.to_string());
    }
}

#[tokio::test]
async fn a_slow_reader_stops_polls_until_it_has_read() {
    let mut fake = Fake::start().await;
    let mut socket = fake.connected().await;
    let many = 2 * OUT_BYTES_MAX / 32_768;
    for _ in 0..many {
        fake.orders.send(Order::Send(Box::new(message(&"x".repeat(32_000))))).unwrap();
    }
    assert!(matches!(fake.next().await, Input::Congested(Link::Users, true)));
    let mut read = vec![0; 1 << 20];
    let reading = tokio::spawn(async move { while socket.read(&mut read).await.unwrap() > 0 {} });
    assert!(matches!(fake.next().await, Input::Congested(Link::Users, false)));
    reading.abort();
}

#[tokio::test]
async fn a_server_that_says_nothing_for_ten_minutes_is_pinged_and_kept_while_it_answers() {
    let mut fake = Fake::start().await;
    let mut socket = fake.connected().await;
    for _ in 0..20 {
        pass(SILENCE).await;
        assert!(matches!(fake.next().await, Input::Silence(Link::Users)));
        socket.write_all(b"<message from='a@b'><body>pong</body></message>").await.unwrap();
        assert_eq!(body_of(fake.next().await), "pong");
    }
    pass(SILENCE).await;
    assert!(matches!(fake.next().await, Input::Silence(Link::Users)));
    pass(2 * Duration::from_millis(PONG_MS)).await;
    assert!(matches!(fake.next().await, Input::Down(Link::Users)), "it does not answer");
}

/// Lets time pass at once. It runs as always afterwards: a clock that stands still would overtake what is in a socket.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time + Duration::from_millis(1)).await;
    tokio::time::resume();
}
