//! Calls of the site, and polls of the message server.
//!
//! Owns: HTTP, and how long each may take. Must not: put a body, a name or a ticket into the log.

use std::time::Instant;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::config::Config;
use crate::core::calls::{Call, Packets, PollEnd, SiteAnswer, SiteRefusal};
use crate::limits::{ANSWER_BYTES_MAX, POLL, SITE_CALL};
use crate::stats::Stats;

type Connector = HttpsConnector<HttpConnector>;

/// Connections to the site and the message server.
#[derive(Clone, Debug)]
pub struct Http {
    client: Client<Connector, Full<Bytes>>,
}

/// Who asks the site, and where.
#[derive(Clone, Debug)]
pub struct Site {
    url: Uri,
    authorization: HeaderValue,
    domain: String,
}

impl Site {
    /// The site of these settings.
    pub fn of(config: &Config) -> Result<Site, String> {
        let basic = BASE64_STANDARD.encode(format!("{}:{}", config.domain, config.apikey));
        let mut authorization = HeaderValue::try_from(format!("Basic {basic}"))
            .map_err(|_| "apikey cannot be sent".to_owned())?;
        authorization.set_sensitive(true);
        let url = config.site_url.parse().map_err(|_| "site_url is no URL".to_owned())?;
        Ok(Site { url, authorization, domain: config.domain.clone() })
    }
}

impl Http {
    /// A client. It connects with its first request.
    pub fn new() -> Result<Http, String> {
        let connector = HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|error| format!("certificates: {error}; install ca-certificates"))?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Http { client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Asks the site. A message is sent once more if there was no answer: the site knows it by its id.
    pub async fn call(&self, site: &Site, call: &Call, stats: &Stats) -> SiteAnswer {
        let mut answer = self.call_once(site, call, stats).await;
        if call.may_repeat() && answer.as_ref().is_err_and(|refusal| refusal.status == 0) {
            answer = self.call_once(site, call, stats).await;
        }
        answer
    }

    async fn call_once(&self, site: &Site, call: &Call, stats: &Stats) -> SiteAnswer {
        let began = Instant::now();
        let request = Request::post(site.url.clone())
            .header(AUTHORIZATION, site.authorization.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(call.body()));
        let answer = match request {
            Ok(request) => tokio::time::timeout(SITE_CALL, self.ask(request)).await.ok().flatten(),
            Err(_) => None,
        };
        let code = answer.as_ref().map_or(0, |(status, _)| status.as_u16());
        stats.add(
            "nextim_xmpp_site_calls_total",
            &format!("action=\"{}\",status=\"{code}\"", call.action),
            1,
        );
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        stats.add("nextim_xmpp_site_call_microseconds_total", "", micros);
        read(answer)
    }

    /// Waits for packets.
    pub async fn poll(&self, site: &Site, server: &str, ticket: &str, seq: u64) -> PollEnd {
        // Tickets and domains of the message server need no escapes in a query.
        let url = format!("{server}?domain={}&ticket={ticket}&seq={seq}", site.domain);
        let Ok(request) = Request::get(url).body(Full::default()) else { return PollEnd::Failed };
        let answer = tokio::time::timeout(POLL, self.ask(request)).await.ok().flatten();
        match answer {
            Some((StatusCode::OK, body)) => {
                serde_json::from_slice::<Packets>(&body).map_or(PollEnd::Failed, PollEnd::Packets)
            }
            Some((StatusCode::NOT_FOUND, _)) => PollEnd::Gone,
            Some(_) | None => PollEnd::Failed,
        }
    }

    async fn ask(&self, request: Request<Full<Bytes>>) -> Option<(StatusCode, Bytes)> {
        let answer = self.client.request(request).await.ok()?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await.ok()?;
        Some((status, body.to_bytes()))
    }
}

fn read(answer: Option<(StatusCode, Bytes)>) -> SiteAnswer {
    let refused = |status, text: &str| Err(SiteRefusal { status, text: text.to_owned() });
    let Some((status, body)) = answer else { return Err(SiteRefusal::unanswered()) };
    let value = serde_json::from_slice::<Value>(&body);
    match value {
        Ok(value) if status == StatusCode::OK => Ok(value),
        Ok(value) if status != StatusCode::OK => {
            refused(status.as_u16(), value["error"].as_str().unwrap_or_default())
        }
        Ok(_) | Err(_) if status == StatusCode::OK => refused(502, "The site has failed. Please try again."),
        Ok(_) | Err(_) => refused(status.as_u16(), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_the_site_are_read_whatever_they_are() {
        let of = |status: u16, body: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            read(Some((status, Bytes::copy_from_slice(body.as_bytes()))))
                .map_err(|refusal| (refusal.status, refusal.text))
        };
        assert_eq!(of(200, "\"ok\""), Ok(Value::from("ok")));
        assert_eq!(
            of(403, r#"{"error":"You have blocked Bob."}"#),
            Err((403, "You have blocked Bob.".to_owned()))
        );
        assert_eq!(of(500, "<html>"), Err((500, String::new())));
        assert_eq!(of(200, "<html>").unwrap_err().0, 502);
        assert_eq!(of(404, "[]"), Err((404, String::new())));
        assert_eq!(read(None).unwrap_err().status, 0);
    }
}
