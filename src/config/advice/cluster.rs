//! Warnings of unwise settings of a cluster.
//!
//! Owns: the warnings. Must not: look a name up. A broker on the loopback address is a trial, or a leaf of others, and is
//! not warned of.

use std::net::{IpAddr, SocketAddr};

use crate::config::checked::Config;
use crate::config::cluster::ClusterConfig;

/// The ends of names that no public name has.
const PRIVATE_ENDS: [&str; 6] = [".internal", ".local", ".localhost", ".lan", ".svc", ".home.arpa"];

/// Appends the warnings.
pub(super) fn advise(cluster: &ClusterConfig, config: &Config, advice: &mut Vec<String>) {
    brokers(cluster, advice);
    nodes(cluster, advice);
    if cluster.offline_grace_ms < cluster.dead_ms {
        advice.push(format!(
            "cluster.offline_grace_ms: {} is less than dead_ms, so users of a dead node are shown as offline before \
             their pages can be back",
            cluster.offline_grace_ms
        ));
    }
    if cluster.login.as_ref().is_some_and(|login| login.password.is_empty()) {
        advice.push(
            "NEXTIM_CLUSTER_USER: is set without NEXTIM_CLUSTER_PASSWORD, so the password is empty"
                .to_owned(),
        );
    }
    if let Some(url) = &config.public_url {
        public_url(url, &config.listen, advice);
    }
}

fn brokers(cluster: &ClusterConfig, advice: &mut Vec<String>) {
    if let [only] = &*cluster.nats
        && !is_loopback(host(only))
    {
        advice.push(format!(
            "cluster.nats: {only} is the only broker; while it is gone no node takes calls; name several that form \
             one cluster of NATS"
        ));
    }
    let has_tls = cluster.tls_ca.is_some() || cluster.tls_cert.is_some();
    let is_plain = |url: &&String| !has_tls && url.starts_with("nats://") && !is_private(host(url));
    for url in cluster.nats.iter().filter(is_plain) {
        advice.push(format!(
            "cluster.nats: {url} may be reached over public networks, and messages go there unencrypted; use tls://"
        ));
    }
}

fn nodes(cluster: &ClusterConfig, advice: &mut Vec<String>) {
    let (least, all) = (cluster.min_nodes, cluster.nodes.len());
    if all > 0 && least > all {
        advice.push(format!(
            "cluster.min_nodes: {least} is more than the {all} of nodes, so no node ever takes calls"
        ));
    } else if least > 0 && 2 * least <= all {
        advice.push(format!(
            "cluster.min_nodes: {least} is not more than half of the {all} of nodes, so both halves of a cluster that \
             is cut take calls"
        ));
    }
}

/// A proxy in front of a server on the loopback address is as it should be, and has another port.
fn public_url(url: &str, listen: &[SocketAddr], advice: &mut Vec<String>) {
    let url_is_loopback = is_loopback(host(url));
    let is_loopback = |address: &SocketAddr| address.ip().to_canonical().is_loopback();
    if url_is_loopback && !listen.iter().any(is_loopback) {
        advice.push(format!(
            "public_url: {url} is for browsers on this machine only; those on others are sent there, too"
        ));
    }
    let mut same_port = listen.iter().filter(|address| port(url) == Some(address.port())).peekable();
    if !url_is_loopback && same_port.peek().is_some() && same_port.all(is_loopback) {
        advice.push(format!(
            "listen: only this machine reaches the server, but public_url is {url}, with the same port"
        ));
    }
}

/// The host of a URL, without the brackets of an address of IPv6.
fn host(url: &str) -> &str {
    let authority = authority(url);
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    authority.split(':').next().unwrap_or_default()
}

/// The port of a URL, if it has one.
fn port(url: &str) -> Option<u16> {
    authority(url).rsplit_once(':').and_then(|(_, port)| port.parse().ok())
}

fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Whether no public network leads to a host, as far as its name shows.
fn is_private(host: &str) -> bool {
    match host.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => {
            // 100.64.0.0/10 is for networks of carriers and of machines that see each other through tunnels.
            let is_shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xC0 == 64;
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || is_shared
        }
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => !host.contains('.') || PRIVATE_ENDS.iter().any(|end| host.ends_with(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::cluster::Login;

    /// Checks which settings are warned of. `settings` are of `[cluster]`, without its names.
    #[track_caller]
    fn check(top: &str, settings: &str, expected: &[&str]) {
        let nats = if settings.contains("nats =") { "" } else { "nats = [\"nats://127.0.0.1:4222\"]\n" };
        let url = if top.contains("public_url") { "" } else { "public_url = \"https://im1.example\"\n" };
        let text = format!("{url}{top}\n[cluster]\nname = \"a\"\nnode = \"im1\"\n{nats}{settings}");
        let config: Config = text.parse().unwrap();
        warned(&config, expected);
    }

    #[track_caller]
    fn warned(config: &Config, expected: &[&str]) {
        let mut advice = Vec::new();
        advise(config.cluster.as_ref().unwrap(), config, &mut advice);
        let settings: Vec<&str> = advice.iter().map(|line| line.split_once(": ").unwrap().0).collect();
        assert_eq!(settings, expected, "{advice:?}");
    }

    #[test]
    fn brokers_are_several_and_private_or_encrypted() {
        let nats = |urls: &[&str], more: &str, expected: &[&str]| {
            check("", &format!("nats = {urls:?}\n{more}"), expected);
        };
        for only in ["nats://127.0.0.1:4222", "nats://localhost", "nats://[::1]:4222"] {
            nats(&[only], "", &[]);
        }
        nats(&["nats://10.0.0.1:4222"], "", &["cluster.nats"]);
        nats(&["tls://nats.example"], "", &["cluster.nats"]);
        let private =
            ["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "nats", "nats.a.svc", "[fd00::1]"];
        for host in private {
            nats(&[&format!("nats://{host}"), "nats://localhost"], "", &[]);
        }
        for host in ["192.0.2.1:4222", "100.128.0.1", "nats.example", "[2001:db8::1]:4222"] {
            let url = format!("nats://{host}");
            nats(&[&url, "nats://localhost"], "", &["cluster.nats"]);
            nats(&[&url, "nats://localhost"], "tls_ca = \"/ca.pem\"", &[]);
        }
    }

    #[test]
    fn more_than_half_of_the_nodes_must_see_each_other() {
        let nodes = |least: usize, expected: &[&str]| {
            let nodes = "nodes = [\"im1\", \"im2\", \"im3\", \"im4\"]";
            check("", &format!("{nodes}\nmin_nodes = {least}"), expected);
        };
        nodes(0, &[]);
        nodes(2, &["cluster.min_nodes"]);
        nodes(3, &[]);
        nodes(4, &[]);
        nodes(5, &["cluster.min_nodes"]);
        check("", "min_nodes = 2", &[]);
    }

    #[test]
    fn pages_have_time_to_come_back() {
        check("", "dead_ms = 6_000\noffline_grace_ms = 6_000", &[]);
        check("", "dead_ms = 6_000\noffline_grace_ms = 5_999", &["cluster.offline_grace_ms"]);
    }

    #[test]
    fn browsers_reach_the_server_where_they_are_sent() {
        let at = |url: &str, listen: &str, expected: &[&str]| {
            check(
                &format!(
                    "public_url = {url:?}\nlisten = [{listen:?}]\ndomain = [{{ name = \"a\", apikeys = [\"b\"] }}]"
                ),
                "",
                expected,
            );
        };
        at("https://im1.example", "127.0.0.1:8000", &[]);
        at("https://im1.example:8443", "127.0.0.1:8000", &[]);
        at("http://im1.example:8000", "127.0.0.1:8000", &["listen"]);
        at("http://im1.example:8000", "10.0.0.1:8000", &[]);
        at("http://127.0.0.1:8000", "127.0.0.1:8000", &[]);
        at("http://localhost:8000", "10.0.0.1:8000", &["public_url"]);
        at("http://[::1]:8000", "0.0.0.0:8000", &["public_url"]);
    }

    #[test]
    fn a_user_has_a_password() {
        let login = |password: &str| Some(Login { user: "nextim".to_owned(), password: password.to_owned() });
        let config = |password| {
            let nats = vec!["nats://127.0.0.1".to_owned()];
            let cluster = ClusterConfig { nats, login: login(password), ..ClusterConfig::default() };
            Config { cluster: Some(cluster), ..Config::default() }
        };
        warned(&config("secret"), &[]);
        warned(&config(""), &["NEXTIM_CLUSTER_USER"]);
    }
}
