//! Metrics and health, for those who watch the gateway.
//!
//! Owns: a listener that answers two paths. Must not: serve anything else, or answer more than one request a connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::stats::Stats;

/// The line and the headers of a request.
const REQUEST_BYTES_MAX: usize = 4_096;
/// A request has come, and its answer is gone, within this time.
const WITHIN: Duration = Duration::from_secs(5);

/// Answers until the process ends.
pub async fn serve(listener: TcpListener, stats: Arc<Stats>) {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                let stats = Arc::clone(&stats);
                tokio::spawn(async move { tokio::time::timeout(WITHIN, answer(socket, &stats)).await });
            }
            Err(error) => {
                log::warn!("admin listener: {error}");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn answer(mut socket: TcpStream, stats: &Stats) -> std::io::Result<()> {
    let (mut request, mut chunk) = (Vec::new(), [0; 1_024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < REQUEST_BYTES_MAX {
        match socket.read(&mut chunk).await? {
            0 => return Ok(()),
            count => request.extend_from_slice(&chunk[..count]),
        }
    }
    let (line, body) = respond(&request, stats);
    let head = format!(
        "HTTP/1.1 {line}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(body.as_bytes()).await?;
    socket.shutdown().await
}

fn respond(request: &[u8], stats: &Stats) -> (&'static str, String) {
    let is_connected = ["users", "rooms"]
        .iter()
        .all(|name| stats.get("nextim_xmpp_connected", &format!("component=\"{name}\"")) == 1);
    if request.starts_with(b"GET /metrics ") {
        ("200 OK", stats.text())
    } else if request.starts_with(b"GET /health ") {
        if is_connected {
            ("200 OK", "ok\n".to_owned())
        } else {
            ("503 Service Unavailable", "not connected\n".to_owned())
        }
    } else {
        ("404 Not Found", "not found\n".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_is_good_while_both_components_are_connected() {
        let stats = Stats::default();
        let line = |path: &str| respond(format!("GET {path} HTTP/1.1\r\n").as_bytes(), &stats).0;
        assert_eq!((line("/health"), line("/x")), ("503 Service Unavailable", "404 Not Found"));
        stats.set("nextim_xmpp_connected", "component=\"users\"", 1);
        assert_eq!(line("/health"), "503 Service Unavailable");
        stats.set("nextim_xmpp_connected", "component=\"rooms\"", 1);
        assert_eq!((line("/health"), line("/metrics")), ("200 OK", "200 OK"));
        stats.add("nextim_xmpp_acks_total", "", 2);
        let text = respond(b"GET /metrics HTTP/1.1\r\n", &stats).1;
        assert!(text.contains("# TYPE nextim_xmpp_acks_total counter\nnextim_xmpp_acks_total 2\n"), "{text}");
        assert!(text.contains("nextim_xmpp_connected{component=\"rooms\"} 1\n"), "{text}");
    }
}
