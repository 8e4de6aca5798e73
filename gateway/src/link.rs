//! A connection of a component to the XMPP server (XEP-0114).
//!
//! Owns: connecting, the handshake, reading, writing, and connecting again. Must not: know what a stanza says.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use std::{future, io};

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, BufReader, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_xmpp::Stanza;
use tokio_xmpp::xmlstream::{
    FallibleStreamElement, ReadError, StreamElementError, StreamHeader, Timeouts, XmppStream,
    XmppStreamElement, initiate_stream,
};
use xmpp_parsers::component::Handshake;
use xmpp_parsers::ns;
use xmpp_parsers::stream_error::DefinedCondition;

use crate::core::{Input, Link, Outbox};
use crate::depth::Depth;
use crate::limits::{
    PONG_MS, RETRY_MS_MAX, RETRY_MS_MIN, SILENCE, STANDBY, STANZA_BYTES_FATAL, STANZA_BYTES_MAX,
};
use crate::stats::Stats;

/// What the connection is asked to do.
#[derive(Debug)]
pub enum Order {
    /// Send a stanza.
    Send(Box<Stanza>),
    /// The connection is dead: begin another.
    Restart,
    /// End it, after all that was sent before.
    End,
}

/// How a connection is made.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Host and port.
    pub server: String,
    /// The component's domain.
    pub domain: String,
    /// Its secret, which may change.
    pub secret: watch::Receiver<String>,
}

/// Why a connection has ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// Another gateway has the place.
    Conflict,
    Lost,
    /// The gateway ends.
    Wanted,
}

/// Holds a connection until the gateway ends, over all failures.
pub async fn hold(
    link: Link,
    settings: Settings,
    inputs: mpsc::Sender<Input>,
    mut orders: mpsc::UnboundedReceiver<Order>,
    stats: Arc<Stats>,
) {
    let mut pause_ms = RETRY_MS_MIN;
    let label = format!("component=\"{}\"", if link == Link::Users { "users" } else { "rooms" });
    loop {
        let end = match connect(&settings).await {
            Ok((stream, counter)) => {
                log::info!("{link:?}: connected");
                stats.set("nextim_xmpp_connected", &label, 1);
                pause_ms = RETRY_MS_MIN;
                if inputs.send(Input::Up(link)).await.is_err() {
                    return;
                }
                let end = serve(link, stream, &counter, &inputs, &mut orders, &stats).await;
                stats.set("nextim_xmpp_connected", &label, 0);
                if inputs.send(Input::Down(link)).await.is_err() || end == End::Wanted {
                    return;
                }
                end
            }
            Err(end) => end,
        };
        let pause = match end {
            End::Conflict => STANDBY,
            End::Lost | End::Wanted => Duration::from_millis(pause_ms),
        };
        log::warn!(
            "{link:?}: {}; again in {pause:?}",
            match end {
                End::Conflict => "another gateway is connected",
                End::Lost | End::Wanted => "not connected",
            }
        );
        pause_ms = (pause_ms * 2).min(RETRY_MS_MAX);
        if is_ended_within(pause, &mut orders).await {
            return;
        }
    }
}

/// Waits, and forgets what was to be sent. True if the gateway ends meanwhile.
async fn is_ended_within(pause: Duration, orders: &mut mpsc::UnboundedReceiver<Order>) -> bool {
    let pause = tokio::time::sleep(pause);
    tokio::pin!(pause);
    loop {
        tokio::select! {
            () = &mut pause => return false,
            order = orders.recv() => match order {
                Some(Order::Send(_) | Order::Restart) => {}
                Some(Order::End) | None => return true,
            },
        }
    }
}

type Connection = XmppStream<Counted<BufReader<TcpStream>>>;

async fn connect(settings: &Settings) -> Result<(Connection, Arc<AtomicUsize>), End> {
    let within = Duration::from_millis(PONG_MS);
    tokio::time::timeout(within, handshake(settings)).await.unwrap_or(Err(End::Lost))
}

async fn handshake(settings: &Settings) -> Result<(Connection, Arc<AtomicUsize>), End> {
    let lost = |_| End::Lost;
    let socket = TcpStream::connect(&settings.server).await.map_err(lost)?;
    socket.set_nodelay(true).map_err(lost)?;
    let counter = Arc::new(AtomicUsize::new(0));
    let reader = Counted {
        inner: BufReader::new(socket),
        bytes: Arc::clone(&counter),
        depth: Depth::default(),
        passed: Vec::new(),
        read: 0,
    };
    let header = StreamHeader { to: Some(settings.domain.as_str().into()), ..StreamHeader::default() };
    let timeouts = Timeouts { read_timeout: SILENCE, response_timeout: Duration::from_millis(2 * PONG_MS) };
    let mut pending = initiate_stream(reader, ns::COMPONENT, header, timeouts).await.map_err(lost)?;
    let id = pending.take_header().id.ok_or(End::Lost)?.into_owned();
    let mut stream: Connection = pending.skip_features();
    let proof = Handshake::from_stream_id_and_password(id, &settings.secret.borrow());
    stream.send(&XmppStreamElement::ComponentHandshake(proof)).await.map_err(lost)?;
    loop {
        match stream.next().await {
            Some(Ok(FallibleStreamElement::Ok(XmppStreamElement::ComponentHandshake(_)))) => {
                return Ok((stream, counter));
            }
            Some(Ok(FallibleStreamElement::Ok(XmppStreamElement::StreamError(error)))) => {
                let is_conflict = error.0.condition == DefinedCondition::Conflict;
                if !is_conflict {
                    log::error!("the XMPP server refuses the component: {}", error.0);
                }
                return Err(if is_conflict { End::Conflict } else { End::Lost });
            }
            Some(Err(ReadError::SoftTimeout)) => {}
            Some(Ok(_) | Err(_)) | None => return Err(End::Lost),
        }
    }
}

/// What happens on a connection.
#[allow(clippy::large_enum_variant, reason = "a connection has one at a time, and nearly all are stanzas")]
enum Event {
    Read(Option<Result<FallibleStreamElement, ReadError>>),
    Congested(bool),
    Restart,
    End,
    Failed,
}

async fn serve(
    link: Link,
    mut stream: Connection,
    bytes: &AtomicUsize,
    inputs: &mpsc::Sender<Input>,
    orders: &mut mpsc::UnboundedReceiver<Order>,
    stats: &Stats,
) -> End {
    let mut outbox = Outbox::default();
    let mut is_congested = false;
    loop {
        let event =
            future::poll_fn(|context| poll_event(&mut stream, &mut outbox, is_congested, orders, context))
                .await;
        let dropped = outbox.take_dropped();
        if dropped > 0 {
            stats.add("nextim_xmpp_dropped_total", "reason=\"full\"", dropped);
        }
        let input = match event {
            Event::Read(Some(Ok(FallibleStreamElement::Ok(XmppStreamElement::Stanza(stanza))))) => {
                let is_long = bytes.swap(0, Ordering::Relaxed) > STANZA_BYTES_MAX;
                if is_long { Input::TooLong(link, stanza) } else { Input::Stanza(link, stanza) }
            }
            Event::Read(Some(Ok(FallibleStreamElement::Ok(XmppStreamElement::StreamError(error))))) => {
                let is_conflict = error.0.condition == DefinedCondition::Conflict;
                return if is_conflict { End::Conflict } else { End::Lost };
            }
            Event::Read(Some(Ok(FallibleStreamElement::Err(error)))) => {
                bytes.store(0, Ordering::Relaxed);
                // A stanza of a strange form is dropped: nobody waits for the answer to what is none.
                if matches!(error, StreamElementError::InvalidStanza { .. }) {
                    continue;
                }
                return End::Lost;
            }
            Event::Read(Some(Ok(FallibleStreamElement::Ok(_)) | Err(ReadError::ParseError(_)))) => continue,
            Event::Read(Some(Err(ReadError::SoftTimeout))) => Input::Silence(link),
            Event::Read(Some(Err(ReadError::HardError(_) | ReadError::StreamFooterReceived)) | None)
            | Event::Failed
            | Event::Restart => return End::Lost,
            Event::End => {
                close(stream, outbox).await;
                return End::Wanted;
            }
            Event::Congested(now) => {
                is_congested = now;
                Input::Congested(link, now)
            }
        };
        if inputs.send(input).await.is_err() {
            return End::Wanted;
        }
    }
}

/// Writes as much as the socket takes, and looks for what has come.
fn poll_event(
    stream: &mut Connection,
    outbox: &mut Outbox,
    is_congested: bool,
    orders: &mut mpsc::UnboundedReceiver<Order>,
    context: &mut Context<'_>,
) -> Poll<Event> {
    while let Poll::Ready(order) = orders.poll_recv(context) {
        match order {
            Some(Order::Send(stanza)) => outbox.push(*stanza),
            Some(Order::Restart) => return Poll::Ready(Event::Restart),
            Some(Order::End) | None => return Poll::Ready(Event::End),
        }
    }
    loop {
        match Sink::<&Stanza>::poll_ready(Pin::new(stream), context) {
            Poll::Ready(Ok(())) => {
                let Some(stanza) = outbox.pop() else { break };
                if let Err(error) = Pin::new(&mut *stream).start_send(&stanza) {
                    // Nothing of it was written.
                    log::error!("a stanza could not be written: {error}");
                }
            }
            Poll::Ready(Err(_)) => return Poll::Ready(Event::Failed),
            Poll::Pending => break,
        }
    }
    if let Poll::Ready(Err(_)) = Sink::<&Stanza>::poll_flush(Pin::new(stream), context) {
        return Poll::Ready(Event::Failed);
    }
    let has_changed = if is_congested { outbox.is_low() } else { outbox.is_full() };
    if has_changed {
        return Poll::Ready(Event::Congested(!is_congested));
    }
    Pin::new(stream).poll_next(context).map(Event::Read)
}

/// Ends a connection as it should end; a peer that does not read is left.
async fn close(mut stream: Connection, mut outbox: Outbox) {
    let rest = async {
        while let Some(stanza) = outbox.pop() {
            stream.send(&stanza).await?;
        }
        <Connection as SinkExt<&Stanza>>::close(&mut stream).await
    };
    if !matches!(tokio::time::timeout(Duration::from_secs(1), rest).await, Ok(Ok(()))) {
        log::warn!("a connection did not end in time");
    }
}

/// A reader that leaves out what lies too deep, counts bytes, and ends at far too many for one stanza.
#[derive(Debug)]
struct Counted<R> {
    inner: R,
    bytes: Arc<AtomicUsize>,
    depth: Depth,
    /// What was passed on, of which so many bytes were read.
    passed: Vec<u8>,
    read: usize,
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Counted<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.read == this.passed.len() {
            if this.bytes.load(Ordering::Relaxed) > STANZA_BYTES_FATAL {
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
            let more = ready!(Pin::new(&mut this.inner).poll_fill_buf(context))?;
            let count = more.len();
            if count == 0 {
                return Poll::Ready(Ok(&[]));
            }
            this.passed.clear();
            this.read = 0;
            this.depth.pass(more, &mut this.passed);
            this.bytes.fetch_add(count.saturating_sub(this.passed.len()), Ordering::Relaxed);
            Pin::new(&mut this.inner).consume(count);
        }
        Poll::Ready(Ok(&this.passed[this.read..]))
    }

    fn consume(self: Pin<&mut Self>, count: usize) {
        let this = self.get_mut();
        this.read += count;
        this.bytes.fetch_add(count, Ordering::Relaxed);
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Counted<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let some = ready!(self.as_mut().poll_fill_buf(context))?;
        let count = some.len().min(buffer.remaining());
        buffer.put_slice(&some[..count]);
        self.consume(count);
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncWrite + Unpin> AsyncWrite for Counted<R> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}
