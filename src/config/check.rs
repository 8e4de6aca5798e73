//! The rules between settings that a server needs to start.
//!
//! Owns: every refusal that depends on the configuration alone. Must not: look at the machine: an address in use, or
//! a limit of descriptors, is known only at a start. `nextim check-config` and a start both call this.

use std::net::{IpAddr, SocketAddr};

use super::checked::APIKEY_DEFAULT;
use super::cluster::ClusterConfig;
use super::problem::{Location, Problem};
use crate::base::domains::DomainConfig;
use crate::base::limits::settings::LISTENERS_MAX;

/// All problems. Each address has the place where it was typed.
pub(super) fn refusals(
    (listen, of_listen): (&[SocketAddr], &Location),
    (admin, of_admin): (Option<SocketAddr>, &Location),
    domains: &[DomainConfig],
    (cluster, public_url): (Option<&ClusterConfig>, Option<&str>),
) -> Vec<Problem> {
    let in_listen = |wrong| Problem { location: of_listen.clone(), wrong };
    let in_admin = |wrong| Problem { location: of_admin.clone(), wrong };
    let mut problems = Vec::new();
    if listen.len() > LISTENERS_MAX {
        problems.push(in_listen(format!("at most {LISTENERS_MAX} addresses")));
    }
    problems.extend(listen.iter().filter_map(mapped).map(in_listen));
    problems.extend(listen.iter().filter_map(unusable).map(in_listen));
    problems.extend(admin.as_ref().and_then(unusable).map(in_admin));
    problems.extend(exposed(listen, domains).map(in_listen));
    if let Some(admin) = admin
        && let Some(taken) = listen.iter().find(|address| overlap(address, &admin))
    {
        let wrong = format!("{admin} and {taken} of listen are one address; give one of them another port");
        problems.push(in_admin(wrong));
    }
    if cluster.is_some() {
        let mut refuse = |setting, wrong: &str| {
            problems.push(Problem { location: Location::elsewhere(setting), wrong: wrong.into() });
        };
        if !cfg!(feature = "cluster") {
            refuse("cluster", "this program was built without clusters");
        }
        if public_url.is_none() {
            refuse("public_url", "is required in a cluster: other nodes send browsers there");
        }
    }
    problems
}

/// The first address that other machines can reach.
pub(super) fn beyond_loopback<'a>(
    addresses: impl IntoIterator<Item = &'a SocketAddr>,
) -> Option<&'a SocketAddr> {
    addresses.into_iter().find(|address| !address.ip().to_canonical().is_loopback())
}

/// The problem of an address that other machines can reach while a domain accepts the public default apikey.
pub(super) fn exposed(listen: &[SocketAddr], domains: &[DomainConfig]) -> Option<String> {
    let beyond = beyond_loopback(listen)?;
    let known = |domain: &DomainConfig| domain.apikeys.iter().any(|key| key == APIKEY_DEFAULT);
    let wrong = format!(
        "{beyond} can be reached from other machines while a domain has the default apikey; give it one of its own"
    );
    domains.iter().any(known).then_some(wrong)
}

/// Shards have one listener for each family, so the kernel refuses an IPv4 address in IPv6 form.
fn mapped(address: &SocketAddr) -> Option<String> {
    let plain = SocketAddr::new(address.ip().to_canonical(), address.port());
    (plain.ip() != address.ip()).then(|| format!("{address} must be written as {plain}"))
}

/// Why no client can connect to an address.
fn unusable(address: &SocketAddr) -> Option<String> {
    let several = match address.ip() {
        IpAddr::V4(ip) => ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_multicast(),
    };
    let zoneless =
        matches!(address, SocketAddr::V6(v6) if v6.ip().is_unicast_link_local() && v6.scope_id() == 0);
    if several {
        return Some(format!("{address} is the address of many machines; nobody can connect to it"));
    }
    zoneless.then(|| format!("{address} needs the number of its interface, such as [fe80::1%2]:8000"))
}

/// Whether the kernel lets only one of these listen. `listen` is of one family, `admin` of both if it is `[::]`.
fn overlap(listen: &SocketAddr, admin: &SocketAddr) -> bool {
    if listen.port() != admin.port() || listen.port() == 0 {
        return false;
    }
    let zone = |address: &SocketAddr| match address {
        SocketAddr::V4(_) => 0,
        SocketAddr::V6(v6) => v6.scope_id(),
    };
    let (ours, theirs) = (listen.ip(), admin.ip().to_canonical());
    match (ours, theirs) {
        (IpAddr::V4(_), IpAddr::V6(theirs)) => theirs.is_unspecified(),
        (IpAddr::V6(_), IpAddr::V4(_)) => false,
        (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => {
            let same = ours == theirs && zone(listen) == zone(admin);
            same || ours.is_unspecified() || theirs.is_unspecified()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_default_key_is_for_loopback() {
        let listens = |at: &str, apikey: &str| {
            exposed(&[address(at)], &[DomainConfig::new("a", "own"), DomainConfig::new("b", apikey)])
                .is_none()
        };
        assert!(listens("127.1.2.3:1", "public") && listens("[::1]:1", "public"));
        assert!(listens("[::ffff:127.0.0.1]:1", "public") && listens("0.0.0.0:1", "own"));
        assert!(!listens("0.0.0.0:1", "public") && !listens("[::]:1", "public"));
        assert!(!listens("10.0.0.1:1", "public"));
    }

    #[test]
    fn admin_and_listen_are_not_one_address() {
        let check = |listen: &str, admin: &str, expected: bool| {
            assert_eq!(overlap(&address(listen), &address(admin)), expected, "{listen} {admin}");
        };
        check("127.0.0.1:1", "127.0.0.1:1", true);
        check("127.0.0.1:1", "127.0.0.1:2", false);
        check("127.0.0.1:0", "127.0.0.1:0", false);
        check("127.0.0.1:1", "127.0.0.2:1", false);
        check("127.0.0.1:1", "0.0.0.0:1", true);
        check("0.0.0.0:1", "127.0.0.1:1", true);
        check("0.0.0.0:1", "[::ffff:127.0.0.1]:1", true);
        check("127.0.0.1:1", "[::]:1", true);
        check("127.0.0.1:1", "[::1]:1", false);
        check("[::1]:1", "[::]:1", true);
        check("[::]:1", "[::1]:1", true);
        check("[::]:1", "0.0.0.0:1", false);
        check("[fe80::1%2]:1", "[fe80::1%2]:1", true);
        check("[fe80::1%2]:1", "[fe80::1%3]:1", false);
    }

    /// All problems of what was typed as flags.
    fn problems(listen: &[SocketAddr], admin: Option<&str>, domains: &[DomainConfig]) -> Vec<String> {
        let (of_listen, of_admin) = (Location::elsewhere("--listen"), Location::elsewhere("--admin"));
        let alone = (None, None);
        let refusals = refusals((listen, &of_listen), (admin.map(address), &of_admin), domains, alone);
        refusals.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_problem_is_found_with_its_setting() {
        let listen = [
            "127.0.0.1:1",
            "[::ffff:10.0.0.1]:2",
            "224.0.0.1:3",
            "255.255.255.255:3",
            "[ff02::1]:3",
            "[fe80::1]:3",
        ];
        let listen: Vec<SocketAddr> = listen.map(address).into();
        let domains = [DomainConfig::new("a", "public")];
        let blamed = |admin: &str| {
            let all = problems(&listen, Some(admin), &domains);
            all.iter().filter(|problem| problem.starts_with("--admin: ")).count()
        };
        let all = problems(&listen, None, &domains);
        assert_eq!(all.len(), 6, "{all:?}");
        assert!(all[0].ends_with("must be written as 10.0.0.1:2"), "{all:?}");
        assert_eq!([blamed("127.0.0.1:1"), blamed("[ff02::1]:9"), blamed("127.0.0.1:9")], [1, 1, 0]);
        let many = vec![address("127.0.0.1:1"); LISTENERS_MAX + 1];
        assert_eq!(problems(&many, None, &[]), ["--listen: at most 64 addresses"]);
        assert_eq!(problems(&many[1..], None, &[]), [""; 0]);
    }

    #[test]
    fn a_node_of_a_cluster_needs_a_url_that_other_nodes_can_name() {
        let refused = |cluster: Option<&ClusterConfig>, url| {
            let (listen, location) = ([address("127.0.0.1:1")], Location::elsewhere("listen"));
            let refusals = refusals((&listen, &location), (None, &location), &[], (cluster, url));
            refusals
                .iter()
                .filter(|problem| problem.to_string().starts_with("public_url: is required"))
                .count()
        };
        let cluster = ClusterConfig::default();
        assert_eq!(refused(Some(&cluster), None), 1);
        assert_eq!([refused(Some(&cluster), Some("http://a")), refused(None, None)], [0, 0]);
    }
}
