//! One request to a site.
//!
//! Owns: the HTTP client, and the meaning of its answers. Must not: keep messages, or put their content or the URL into a
//! reason. Each request has a new connection: requests are rare, and a kept connection may be dead without notice.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::base::domains::Domain;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PostOutcome {
    /// The site has taken the messages.
    Taken,
    /// The site will never take the messages, by this status.
    Refused(u16),
    /// The messages are too many for one request.
    TooLarge,
    /// The site may take the messages later. The reason is for the log.
    Failed(String),
}

/// A request. It has no `Debug`, because it contains the key.
pub(super) struct PostRequest {
    url: String,
    authorization: String,
    body: Vec<u8>,
}

impl PostRequest {
    /// A list of messages for the site of a domain, if that takes messages back.
    pub(super) fn new(domain: &Domain, body: Vec<u8>) -> Option<PostRequest> {
        let url = domain.undelivered_url.as_deref()?.to_owned();
        let (name, apikey) = domain.credentials()?;
        let authorization = format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{apikey}")));
        Some(PostRequest { url, authorization, body })
    }
}

/// The HTTP client. Its clones are cheap.
#[derive(Clone, Debug, Default)]
pub(super) struct SiteClient {
    /// Uses the certificates of the system. It is made when it is needed.
    secure: Option<Agent>,
    plain: Option<Agent>,
}

impl SiteClient {
    /// Makes the agent for this request, if there is none yet: reading the certificates takes a while.
    pub(super) fn prepare(&mut self, request: &PostRequest) -> Result<(), String> {
        if request.url.starts_with("https:") {
            if self.secure.is_none() {
                self.secure = Some(agent(RootCerts::from(system_certificates()?)));
            }
        } else {
            self.plain.get_or_insert_with(|| agent(RootCerts::from(Vec::new())));
        }
        Ok(())
    }

    /// Sends a request and waits for its answer.
    pub(super) fn send(&self, request: PostRequest, patience: Duration) -> PostOutcome {
        let PostRequest { url, authorization, body } = request;
        let agent = if url.starts_with("https:") { &self.secure } else { &self.plain };
        let Some(agent) = agent else { return PostOutcome::Failed("the client is not prepared".to_owned()) };
        let request = agent.post(url).config().timeout_global(Some(patience)).build();
        let request =
            request.header("Authorization", authorization).header("Content-Type", "application/json");
        match request.send(&body[..]) {
            // The body of the answer is not read.
            Ok(answer) => outcome(answer.status().as_u16()),
            // This error would quote the URL; the others do not.
            Err(ureq::Error::BadUri(_)) => PostOutcome::Failed("its URL is invalid".to_owned()),
            Err(error) => PostOutcome::Failed(error.to_string()),
        }
    }
}

fn agent(roots: RootCerts) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // Messages go to the configured URL and nowhere else.
        .max_redirects(0)
        .proxy(None)
        .max_idle_connections(0)
        .user_agent(concat!("nextim/", env!("CARGO_PKG_VERSION")))
        .tls_config(TlsConfig::builder().root_certs(roots).build());
    config.build().into()
}

fn system_certificates() -> Result<Vec<Certificate<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        return Err("this system has no root certificates".to_owned());
    }
    Ok(found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect())
}

/// The meaning of a status. Only a fault of the messages themselves is final: an operator may correct keys, paths and
/// redirects while the messages wait.
fn outcome(status: u16) -> PostOutcome {
    match status {
        200..=299 => PostOutcome::Taken,
        413 => PostOutcome::TooLarge,
        400 | 422 => PostOutcome::Refused(status),
        _ => PostOutcome::Failed(format!("it answered {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::domains::{DomainConfig, Domains};

    #[test]
    fn each_status_has_an_outcome() {
        for taken in [200, 202, 204] {
            assert_eq!(outcome(taken), PostOutcome::Taken, "{taken}");
        }
        for refused in [400, 422] {
            assert_eq!(outcome(refused), PostOutcome::Refused(refused));
        }
        for later in [301, 302, 308, 401, 403, 404, 408, 410, 425, 429, 500, 502, 503, 504, 599] {
            assert_eq!(outcome(later), PostOutcome::Failed(format!("it answered {later}")));
        }
        assert_eq!(outcome(413), PostOutcome::TooLarge);
    }

    #[test]
    fn a_request_has_the_first_key() {
        let mut config = DomainConfig::new("a.example", "first");
        config.apikeys.push("second".to_owned());
        let request = |config: &DomainConfig| {
            let domains = Domains::new(std::slice::from_ref(config));
            PostRequest::new(domains.find("a.example").unwrap(), b"[]".to_vec())
        };
        assert!(request(&config).is_none(), "its site takes nothing back");
        config.undelivered_url = Some("http://a.example/back".to_owned());
        let request = request(&config).expect("it does now");
        assert_eq!(request.url, "http://a.example/back");
        assert_eq!(request.authorization, format!("Basic {}", BASE64_STANDARD.encode("a.example:first")));
    }
}
