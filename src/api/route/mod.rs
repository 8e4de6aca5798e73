//! Routing: from a request to a call, or to an answer that needs none.
//!
//! Owns: the order of the checks. Path and method come first, then the type of the body, the credentials, the rate of
//! the site's calls, and all other parameters last: a client without a key learns nothing but that. Must not: call
//! the router.

use super::auth;
use super::context::Context;
use super::endpoint::{self, Access, BrowserCall, Endpoint, PathDialect, PublicPage, SiteCall};
use super::notices::Notice;
use super::params::Params;
use super::refusal::{TOO_MANY_CALLS, UNAUTHORIZED};
use super::shape::Shape;
use super::{buddies, dialect, messages, packets, presences, rooms, signals, socket, statuses};
use crate::base::domains::{DomainId, Domains};
use crate::http::asset::Selected;
use crate::http::methods::MethodSet;
use crate::http::rejection::Rejection;
use crate::http::request::{Method, Request};
use crate::router::call::{Call, Verb, Version};

/// A request whose path and parameters were read.
#[derive(Debug)]
pub struct Routed<'a> {
    /// Its destination.
    pub route: Route<'a>,
    /// How it is answered.
    pub(crate) shape: Shape,
}

/// The destination of a request.
#[derive(Debug)]
pub enum Route<'a> {
    /// A call, for the router.
    Call(Call<'a>),
    /// Nowhere: the request is refused.
    Refused(Rejection),
    /// Nothing yet: the calls of this domain are put off, and the request must be read again later.
    Postponed(DomainId),
    /// A preflight, which asks for the methods that a script of another origin may use.
    Preflight(MethodSet),
    /// A file of the browser module, or only that the client's copy is still good.
    Asset(Selected),
    /// Something about the server itself.
    Notice(Notice),
    /// A socket whose client shows its ticket once it is open; the proof that its handshake was read.
    Upgrade(String),
}

/// Makes a call of a request.
pub fn route<'a>(request: &Request<'a>, context: &Context<'_>) -> Routed<'a> {
    let mut shape = shape(request);
    let route = find(request, context, &mut shape).unwrap_or_else(Route::Refused);
    Routed { route, shape }
}

/// The rejection of a request whose body has not arrived, and the shape of the answer, if the head alone decides both. So a
/// long body is not read in vain.
pub(crate) fn refuse_by_head(request: &Request<'_>, domains: &Domains) -> Option<(Rejection, Shape)> {
    if asks_all_methods(request) {
        return None;
    }
    let rejection = match endpoint::find(request.path) {
        None => Rejection::not_found(),
        // The domain, which may stand in the body, decides who may read the answer.
        Some(endpoint) if endpoint.is_cross_origin() => return None,
        Some(endpoint) => match (endpoint.check(request.method), endpoint.access) {
            (Err(rejection), _) => rejection,
            (Ok(()), Access::Apikey(_)) if auth::are_wrong(request.query, request.basic, domains) => {
                UNAUTHORIZED
            }
            (Ok(()), Access::Apikey(_) | Access::Ticket(_) | Access::Open(_)) => return None,
        },
    };
    Some((rejection, shape(request)))
}

/// The form of the answer, as far as the path decides it.
fn shape(request: &Request<'_>) -> Shape {
    Shape { version: dialect::of_path(request.path), ..Shape::of(request) }
}

fn find<'a>(request: &Request<'a>, context: &Context<'_>, shape: &mut Shape) -> Result<Route<'a>, Rejection> {
    if asks_all_methods(request) {
        return Ok(Route::Notice(Notice::Methods(endpoint::all_methods())));
    }
    let endpoint = endpoint::find(request.path).ok_or(Rejection::not_found())?;
    shape.cross_origin = endpoint.is_cross_origin();
    match endpoint.access {
        Access::Ticket(call) => browser_call(call, endpoint, request, context, shape),
        Access::Apikey(call) => {
            endpoint.check(request.method)?;
            site_call(call, endpoint, request, context, shape)
        }
        Access::Open(page) => {
            endpoint.check(request.method)?;
            public(page, endpoint, request, shape)
        }
    }
}

/// Whether this is `OPTIONS *`, which is about the server as a whole.
fn asks_all_methods(request: &Request<'_>) -> bool {
    request.method == Method::Options && request.path == "*"
}

/// A request without credentials. It has no parameters, so nothing in a query or a body can be wrong.
fn public<'a>(
    page: PublicPage,
    endpoint: &Endpoint,
    request: &Request<'a>,
    shape: &mut Shape,
) -> Result<Route<'a>, Rejection> {
    let asks_methods = request.method == Method::Options;
    Ok(match page {
        PublicPage::Asset(asset) => Route::Asset(asset.select(request)),
        PublicPage::Home if asks_methods => Route::Notice(Notice::Methods(endpoint.methods)),
        PublicPage::Home => Route::Notice(Notice::Home),
        PublicPage::Health if asks_methods => Route::Notice(Notice::HealthMethods(endpoint.methods)),
        PublicPage::Health => Route::Notice(Notice::Health),
        PublicPage::Socket => Route::Upgrade(socket::open_v5(request, shape)?),
    })
}

/// A request of a browser. Scripts of the domain's origins may read why it is refused, so the domain comes first.
fn browser_call<'a>(
    call: BrowserCall,
    endpoint: &Endpoint,
    request: &Request<'a>,
    context: &Context<'_>,
    shape: &mut Shape,
) -> Result<Route<'a>, Rejection> {
    let mut params = Params::new();
    read(&mut params, endpoint, request);
    let (domain, audience) = packets::domain(&mut params, request.origin, context.domains);
    shape.let_read(audience);
    shape.close |= call == BrowserCall::Socket;
    endpoint.check(request.method)?;
    if request.method == Method::Options {
        return Ok(Route::Preflight(endpoint.methods));
    }
    params.check_type()?;
    params.check()?;
    shape.version = match endpoint::dialect(endpoint.path) {
        PathDialect::Named => params.version()?,
        PathDialect::V5 | PathDialect::V50 => params.v5_version()?,
    };
    match call {
        BrowserCall::Poll => packets::form(&mut params, request, shape)?,
        BrowserCall::Socket => socket::form(request, shape)?,
        BrowserCall::Ack => {}
    }
    let domain = domain?;
    let verb = match call {
        BrowserCall::Poll => packets::poll(&mut params, request, shape)?,
        BrowserCall::Socket => socket::poll(&mut params, shape)?,
        BrowserCall::Ack => packets::ack(&mut params)?,
    };
    Ok(Route::Call(Call { domain, verb }))
}

fn site_call<'a>(
    call: SiteCall,
    endpoint: &Endpoint,
    request: &Request<'a>,
    context: &Context<'_>,
    shape: &mut Shape,
) -> Result<Route<'a>, Rejection> {
    let mut params = Params::new();
    read(&mut params, endpoint, request);
    params.check_type()?;
    let domain = auth::authenticate(&mut params, request.basic, context.domains)?;
    shape.site = true;
    if (context.is_put_off)(domain.id, endpoint.is_always_taken()) {
        return Ok(Route::Postponed(domain.id));
    }
    if !domain.admits_call(context.now_ms) {
        return Err(TOO_MANY_CALLS);
    }
    params.check()?;
    shape.version = version(call, endpoint, &mut params)?;
    let verb = verb(call, &mut params, context, shape)?;
    Ok(Route::Call(Call { domain: domain.id, verb }))
}

/// Reads the parameters of a request at this endpoint.
fn read<'a>(params: &mut Params<'a>, endpoint: &Endpoint, request: &Request<'a>) {
    params.read(request);
    if endpoint::dialect(endpoint.path) != PathDialect::Named {
        params.follow_v5(endpoint.room_in(request.path));
    }
}

/// The version of the answer.
fn version(call: SiteCall, endpoint: &Endpoint, params: &mut Params<'_>) -> Result<Version, Rejection> {
    match endpoint::dialect(endpoint.path) {
        PathDialect::Named => params.version(),
        PathDialect::V50 => params.v5_version().map(|_| Version::V50),
        // The first clients have other paths for rooms; here only their answer with a session differs.
        PathDialect::V5 if call == SiteCall::Online => params.v5_version(),
        PathDialect::V5 => params.v5_version().map(|_| Version::V5),
    }
}

fn verb<'a>(
    call: SiteCall,
    params: &mut Params<'a>,
    context: &Context<'_>,
    shape: &mut Shape,
) -> Result<Verb<'a>, Rejection> {
    match call {
        SiteCall::Online => presences::online(params, context, shape),
        SiteCall::Offline => presences::offline(params, shape),
        SiteCall::Show => presences::show(params),
        SiteCall::Status => statuses::status(params),
        SiteCall::Message => messages::message(params, context, shape),
        SiteCall::Signal => signals::signal(params),
        SiteCall::Onlines => buddies::onlines(params, context, shape),
        SiteCall::RemoveBuddies => buddies::remove(params, context, shape),
        SiteCall::Members => rooms::members(params),
        SiteCall::Join => rooms::join(params),
        SiteCall::Leave => rooms::leave(params),
    }
}

#[cfg(test)]
mod tests;
