//! What all handlers share, and the one adaptor that runs them.
//!
//! Owns: [`Site`], the way from a request to a handler and back, and the headers of every answer. Must not: know any
//! endpoint.
//!
//! Handlers are plain functions that block, as they would be in PHP: they ask the database and the message server and
//! return a reply. The adaptor reads the request, finds out who is logged in, and runs them on threads that may wait.

use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::MethodRouter;
use nextim::base::ranges::{self, Range};
use nextim::http::forwarded::{self, FORWARDED_FOR};

use crate::http::csrf;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::limits::{
    ACTS_AT_ONCE, ACTS_REFILL, BODY_BYTES_MAX, BODY_DRAINED_MAX, BODY_WAIT, Buckets, CALL_BODY_BYTES_MAX,
    SENDS_AT_ONCE, SENDS_REFILL,
};
use crate::passwords::{Attempts, Hashes};
use crate::session;
use crate::store::Store;
use crate::store::accounts;
use crate::visit::{Params, Visit};
use crate::webim::events::Endings;
use crate::webim::server::MessageServer;

/// What the operator chose.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The URL under which browsers reach the site, without a slash at its end. Links the plugin gives begin with it, so that
    /// they work on pages of other origins.
    pub url: Option<String>,
    /// The site is on https: its cookie must never leave by http.
    pub secure: bool,
    /// Origins whose pages may use the plugin by JSONP.
    pub jsonp_origins: Vec<String>,
    /// Show the logins of the seeded users on the front page.
    pub show_logins: bool,
    /// Proxies that are believed whom they ask for.
    pub trusted_proxies: Vec<Range>,
    /// The folder of a front end of 2011, for the page on which it runs.
    pub old: Option<std::path::PathBuf>,
}

/// What all handlers share.
#[derive(Debug)]
pub struct Site {
    /// What the operator chose.
    pub options: Options,
    /// What is remembered.
    pub store: Store,
    /// The client of the message server.
    pub im: MessageServer,
    /// Log-outs of which it has not been told yet.
    pub endings: Endings,
    /// Passwords.
    pub hashes: Hashes,
    /// How often passwords may be tried.
    pub attempts: Attempts,
    /// How often somebody may change something.
    pub acts: Buckets,
    /// How often somebody may send.
    pub sends: Buckets,
}

impl Site {
    /// A site.
    pub fn new(options: Options, store: Store, im: MessageServer) -> std::io::Result<Site> {
        let acts = Buckets::new(ACTS_AT_ONCE, ACTS_REFILL);
        let sends = Buckets::new(SENDS_AT_ONCE, SENDS_REFILL);
        let (endings, attempts) = (Endings::default(), Attempts::default());
        Ok(Site { options, store, im, endings, hashes: Hashes::new()?, attempts, acts, sends })
    }
}

/// What a handler returns.
pub type Outcome = Result<Reply, Refusal>;
/// Carries out a request.
pub type Handler = fn(&Site, &Visit) -> Outcome;
/// Makes the answer of what a handler returned: how a refusal looks, for example.
pub type Finish = fn(&Site, &Visit, Outcome) -> Reply;

/// A route for GET.
pub fn get(
    handler: impl Fn(&Site, &Visit) -> Outcome + Clone + Send + Sync + 'static,
    finish: Finish,
) -> MethodRouter<Arc<Site>> {
    axum::routing::get(adapt(handler, finish, Caller::Browser))
}

/// A route for POST, from pages of this site only.
pub fn post(
    handler: impl Fn(&Site, &Visit) -> Outcome + Clone + Send + Sync + 'static,
    finish: Finish,
) -> MethodRouter<Arc<Site>> {
    axum::routing::post(adapt(handler, finish, Caller::Browser))
}

/// A route for whatever method; the handler has to look. What is not GET comes from pages of this site only.
pub fn any(
    handler: impl Fn(&Site, &Visit) -> Outcome + Clone + Send + Sync + 'static,
    finish: Finish,
) -> MethodRouter<Arc<Site>> {
    axum::routing::any(adapt(handler, finish, Caller::Browser))
}

/// The same, for pages of the origins that may use the plugin by JSONP, too.
pub fn any_of_allowed(
    handler: impl Fn(&Site, &Visit) -> Outcome + Clone + Send + Sync + 'static,
    finish: Finish,
) -> MethodRouter<Arc<Site>> {
    axum::routing::any(adapt(handler, finish, Caller::Allowed))
}

/// A route for POST from a server, which has to prove who it is without a cookie.
pub fn post_from_server(
    handler: impl Fn(&Site, &Visit) -> Outcome + Clone + Send + Sync + 'static,
    finish: Finish,
) -> MethodRouter<Arc<Site>> {
    axum::routing::post(adapt(handler, finish, Caller::Server))
}

/// Who is expected to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// From a page of this site.
    Browser,
    /// From a page of this site, or of an origin that may use the plugin.
    Allowed,
    Server,
}

type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

fn adapt(
    handler: impl Fn(&Site, &Visit) -> Outcome + Clone + Send + Sync + 'static,
    finish: Finish,
    caller: Caller,
) -> impl Fn(State<Arc<Site>>, RawPathParams, Request) -> Answering + Clone + Send + Sync + 'static {
    move |State(site), parts, request| {
        let handler = handler.clone();
        let parts = parts.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Box::pin(async move {
            let (mut visit, read) = receive(request, caller).await;
            visit.parts = parts;
            let run = move || {
                let admitted = read.and_then(|()| admit(&site, &mut visit, caller));
                let outcome = admitted.and_then(|()| handler(&site, &visit));
                finish(&site, &visit, outcome).into_response()
            };
            tokio::task::spawn_blocking(run).await.unwrap_or_else(|error| {
                log::error!("a handler failed: {error}");
                Reply::new("text/plain; charset=utf-8", "The site has failed.")
                    .status(StatusCode::INTERNAL_SERVER_ERROR)
                    .into_response()
            })
        })
    }
}

/// Reads a request. What can be read of one that is refused is there, so that the refusal looks as it should.
async fn receive(request: Request, caller: Caller) -> (Visit, Result<(), Refusal>) {
    let (head, body) = request.into_parts();
    let mut visit = Visit::new(head.method, head.uri.path(), head.headers);
    head.uri.query().unwrap_or_default().clone_into(&mut visit.query);
    if let Some(ConnectInfo(address)) = head.extensions.get::<ConnectInfo<SocketAddr>>() {
        visit.address = address.ip();
    }
    visit.params = Params::read(&[visit.query.as_bytes()]);
    let bytes_max = if caller == Caller::Server { CALL_BODY_BYTES_MAX } else { BODY_BYTES_MAX };
    let read = match tokio::time::timeout(BODY_WAIT, collect(body, bytes_max)).await {
        Ok(Ok(body)) => {
            visit.body = body;
            Ok(())
        }
        Ok(Err(refusal)) => Err(refusal),
        Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "This took too long.")),
    };
    if !is_json(&visit.headers) {
        visit.params = Params::read(&[visit.query.as_bytes(), &visit.body]);
    }
    (visit, read)
}

/// Reads a body. What is too long is read on for a while: a browser that is still sending would not see the answer.
async fn collect(mut body: Body, bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let (mut kept, mut bytes) = (Vec::new(), 0);
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Refusal::bad("The request was cut off."))?;
        let data = frame.into_data().unwrap_or_default();
        bytes += data.len();
        if bytes > BODY_DRAINED_MAX {
            break;
        }
        if bytes <= bytes_max {
            kept.extend_from_slice(&data);
        }
    }
    if bytes > bytes_max {
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "This is too long."));
    }
    Ok(kept)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    kind.starts_with(b"application/json")
}

/// Finds out who asks, and whether he may ask here at all.
fn admit(site: &Site, visit: &mut Visit, caller: Caller) -> Result<(), Refusal> {
    visit.address = asker(&site.options.trusted_proxies, visit.address, &visit.headers);
    if caller == Caller::Server {
        return Ok(());
    }
    if visit.changes() {
        let others = if caller == Caller::Allowed { &*site.options.jsonp_origins } else { &[] };
        csrf::check(&visit.headers, others)?;
    }
    visit.session = session::token(&visit.headers).map(|token| session::hash(&token));
    if let Some(session) = &visit.session {
        visit.user = site.store.read(|db| accounts::session_user(db, session))?;
    }
    Ok(())
}

/// Where a request came from: if a trusted proxy asks, it says for whom. What others say of that is not read.
fn asker(proxies: &[Range], from: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address| ranges::contain(proxies, address);
    if !is_trusted(from) {
        return from;
    }
    let lines = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
    forwarded::client(lines, is_trusted).unwrap_or(from)
}

/// The headers of every answer: what a page of this site may load and do, and who may frame it.
pub(crate) async fn protect(State(site): State<Arc<Site>>, mut response: Response) -> Response {
    let im = site.im.origin();
    let policy = format!(
        "default-src 'none'; script-src 'self' {im}; style-src 'self'; connect-src 'self' {im}; \
         img-src 'self' data: {im}; media-src 'self' {im}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
