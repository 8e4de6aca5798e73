//! From HTTP to a handler and back.
//!
//! Owns: reading a request, checking where it comes from, running a handler, and the headers of every answer. Must not:
//! import a page or an endpoint.
//!
//! Handlers are plain functions that block, as they would be in PHP: they read the database, call the message server and
//! return a reply. They run on threads that may wait.

use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, RawPathParams, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::MethodRouter;
use nextim::AddressRange;
use nextim::internals::{FORWARDED_FOR, forwarded_client, ranges_contain};

use crate::http::{Caller, Outcome, Params, Refusal, Reply, Request, csrf};
use crate::limits::{BODY_BYTES_MAX, BODY_DRAINED_MAX, BODY_WAIT, CALL_BODY_BYTES_MAX};
use crate::site::Site;

/// Makes the answer of an outcome: the form of a refusal, for example.
pub(crate) type Finish = fn(&Site, &Request, Outcome) -> Reply;

/// A route for GET.
pub(crate) fn get(
    handler: impl Fn(&Site, &Request) -> Outcome + Clone + Send + Sync + 'static,
    finish: Finish,
) -> MethodRouter<Arc<Site>> {
    axum::routing::get(adapt(handler, finish, Caller::OwnPage))
}

/// A route for POST, from pages of this site only.
pub(crate) fn post(
    handler: impl Fn(&Site, &Request) -> Outcome + Clone + Send + Sync + 'static,
    finish: Finish,
) -> MethodRouter<Arc<Site>> {
    axum::routing::post(adapt(handler, finish, Caller::OwnPage))
}

/// A route for requests of this caller. A server must use POST; of other methods the handler must take care.
pub(crate) fn from(
    caller: Caller,
    handler: impl Fn(&Site, &Request) -> Outcome + Clone + Send + Sync + 'static,
    finish: Finish,
) -> MethodRouter<Arc<Site>> {
    let adapted = adapt(handler, finish, caller);
    match caller {
        Caller::Server => axum::routing::post(adapted),
        Caller::OwnPage | Caller::AllowedPage => axum::routing::any(adapted),
    }
}

type ResponseFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

fn adapt(
    handler: impl Fn(&Site, &Request) -> Outcome + Clone + Send + Sync + 'static,
    finish: Finish,
    caller: Caller,
) -> impl Fn(State<Arc<Site>>, RawPathParams, axum::extract::Request) -> ResponseFuture
+ Clone
+ Send
+ Sync
+ 'static {
    move |State(site), parts, request| {
        let handler = handler.clone();
        let parts = parts.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Box::pin(async move {
            let (mut request, read) = receive(request, caller).await;
            request.parts = parts;
            let run = move || {
                request.address = client(&site.options.trusted_proxies, request.address, &request.headers);
                let admitted = read.and_then(|()| admit(&site, &request, caller));
                let outcome = admitted.and_then(|()| handler(&site, &request));
                finish(&site, &request, outcome).into_response()
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

/// Reads a request. If it is refused, the part that was read is returned too: the form of the refusal depends on it.
async fn receive(request: axum::extract::Request, caller: Caller) -> (Request, Result<(), Refusal>) {
    let (head, body) = request.into_parts();
    let mut request = Request::new(head.method, head.uri.path(), head.headers);
    head.uri.query().unwrap_or_default().clone_into(&mut request.query);
    if let Some(ConnectInfo(address)) = head.extensions.get::<ConnectInfo<SocketAddr>>() {
        request.address = address.ip();
    }
    let bytes_max = if caller == Caller::Server { CALL_BODY_BYTES_MAX } else { BODY_BYTES_MAX };
    let read = match tokio::time::timeout(BODY_WAIT, collect(body, bytes_max)).await {
        Ok(Ok(body)) => {
            request.body = body;
            Ok(())
        }
        Ok(Err(refusal)) => Err(refusal),
        Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "This took too long.")),
    };
    let form = if is_json(&request.headers) { &[] } else { &*request.body };
    let forms = [request.query.as_bytes(), form];
    request.params = Params::read(&forms);
    let are_texts = forms.iter().all(|form| Params::is_text(form));
    let read = read.and_then(|()| are_texts.then_some(()).ok_or_else(|| Refusal::bad("This is no UTF-8.")));
    (request, read)
}

/// Reads a body. A body that is too long is read on for a while: a browser that is still sending does not read the answer.
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

/// Refuses a request that may change something and does not come from where the caller must be.
fn admit(site: &Site, request: &Request, caller: Caller) -> Result<(), Refusal> {
    if !request.changes() {
        return Ok(());
    }
    let url = site.options.url.as_deref();
    match caller {
        Caller::Server => Ok(()),
        Caller::OwnPage => csrf::check(&request.headers, url, &[]),
        Caller::AllowedPage => csrf::check(&request.headers, url, &site.options.jsonp_origins),
    }
}

/// The address of the client: if the request comes from a trusted proxy, the one its header names. The header of any other
/// sender is not read.
fn client(proxies: &[AddressRange], from: IpAddr, headers: &HeaderMap) -> IpAddr {
    let is_trusted = |address| ranges_contain(proxies, address);
    if !is_trusted(from) {
        return from;
    }
    let lines = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
    forwarded_client(lines, is_trusted).unwrap_or(from)
}

/// The headers of every answer: what a page of this site may load and do, and that no page may frame it.
pub(crate) async fn protect(State(site): State<Arc<Site>>, mut response: Response) -> Response {
    let im = site.webim.im.origin();
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
