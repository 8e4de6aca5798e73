//! Which brokers a node takes, and which nodes a broker takes.
//!
//! Owns: passwords, keys, certificates and permissions, and how a start fails without them. Must not: write a password
//! where it is shown.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::thread;

use nextim_testkit::documents::blocks;
use nextim_testkit::proxy::make_certificate_of;
use tempfile::TempDir;

use crate::support::{Broker, Node, Setup, Town, free_address, whole, within};

/// Seeds of `NKey`s and the public keys they belong to, which guard nothing.
const SEED: &str = "SUAAOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBZ5FE";
const KEY: &str = "UDVEU3DD4KOFECV66VIHWEZOYX4ZKR3WV27L464SIIPOU2IUI3JCYSJF";
const OTHER_SEED: &str = "SUAASCIJBEEQSCIJBEEQSCIJBEEQSCIJBEEQSCIJBEEQSCIJBEEQSCKHGM";

/// Must have failed to start, for this reason.
#[track_caller]
fn fails(setup: &Setup, why: &str) {
    let log = Node::new("im1", setup).refused();
    assert!(log.contains("unix_wait_status(256)"), "the exit status is 1: {log}");
    assert!(log.contains("cluster.nats") && log.contains(why), "{why} is in {log}");
    assert!(!log.contains("secret"), "{log}");
}

/// Starts two nodes, which must come together.
#[track_caller]
fn starts(setups: [&Setup; 2]) {
    let mut nodes = [Node::new("im1", setups[0]), Node::new("im2", setups[1])];
    nodes.iter_mut().for_each(Node::start);
    whole(&nodes);
    assert!(nodes.iter().all(|node| !node.log().contains("secret")));
}

fn as_user(setup: &Setup, user: &str, password: &str) -> Setup {
    setup.clone().variable("NEXTIM_CLUSTER_USER", user).variable("NEXTIM_CLUSTER_PASSWORD", password)
}

#[test]
fn a_user_and_a_password() {
    let broker = Broker::with("authorization { users: [{ user: node, password: \"secret-1\" }] }");
    let setup = Setup::new(&[&broker]);
    let right = as_user(&setup, "node", "secret-1");
    starts([&right, &right]);
    fails(&as_user(&setup, "node", "secret-2"), "authorization violation");
    fails(&as_user(&setup, "nobody", "secret-1"), "authorization violation");
    fails(&setup, "authorization violation");
}

#[test]
fn a_key() {
    let broker = Broker::with(&format!("authorization {{ users: [{{ nkey: {KEY} }}] }}"));
    let dir = TempDir::new().unwrap();
    let with = |seed: &str| {
        let file = dir.path().join(format!("{seed:.8}.nk"));
        fs::write(&file, format!("{seed}\n")).unwrap();
        Setup::new(&[&broker]).cluster(&format!("nkey_file = {file:?}"))
    };
    starts([&with(SEED), &with(SEED)]);
    fails(&with(OTHER_SEED), "authorization violation");
    let missing = Setup::new(&[&broker]).cluster("nkey_file = \"/nowhere/seed.nk\"");
    fails(&missing, "/nowhere/seed.nk");
}

#[test]
fn a_node_needs_no_more_rights_than_the_documents_say() {
    let [users] = <[String; 1]>::try_from(blocks("docs/cluster.md", "text")).expect("one block");
    let users = users.replace("im.forum.", "im.town.").replace("change-me", "secret");
    let password = |name: &str| name.replace("im", "secret-");
    let town =
        Town::around_with(Broker::with(&users), 3, |name, setup| as_user(&setup, name, &password(name)));
    let site = town.site();
    let mut pages: Vec<_> =
        (0..8).map(|number| site.at(number).online(&format!("user{number}"), &[])).collect();
    for page in &mut pages {
        for by in 0..3 {
            assert_eq!(site.at(by).push(&page.name, &format!("by {by}")), 1);
        }
        page.until("all messages", |heard| (0..3).all(|by| heard.has(&format!("by {by}"))));
    }
    for node in &town.nodes {
        assert!(!node.log().contains("ermissions"), "{}", node.log());
    }

    // With the rights of another node it hears nobody: it takes no calls, and says why.
    let mut wrong = Node::new("im4", &as_user(&Setup::new(&[&town.broker]), "im1", "secret-1"));
    wrong.start();
    within("an operator can read why", || {
        let log = wrong.log();
        (log.contains("ermissions") && log.contains("im.town.n.im4.")).then_some(())
    });
    wrong.health().refuses(503, "cluster: joining", 1);
}

/// Certificates of an authority of its own for a broker and for nodes, in a folder.
fn certificates(dir: &Path, address: SocketAddr) {
    make_certificate_of(dir, &["-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"]);
    let address = format!("subjectAltName=IP:{}", address.ip());
    for (name, subject, more) in
        [("broker", "/CN=broker", &*address), ("node", "/CN=node", "keyUsage=digitalSignature")]
    {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        make_certificate_of(
            dir,
            &[
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-subj",
                subject,
                "-addext",
                more,
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-keyout",
                &key,
                "-out",
                &certificate,
            ],
        );
    }
}

#[test]
fn certificates_of_an_own_authority() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let address = free_address();
    certificates(dir.path(), address);
    certificates(other.path(), address);
    let file = |dir: &TempDir, name: &str| dir.path().join(name).display().to_string();
    let tls = format!(
        "tls {{ cert_file: {:?}, key_file: {:?}, ca_file: {:?}, verify: true }}",
        file(&dir, "broker.pem"),
        file(&dir, "broker.key"),
        file(&dir, "ca.pem")
    );
    let broker = Broker::at(address, free_address(), None, &tls);
    let setup = Setup::new(&[]).brokers(&[&format!("tls://{address}")]);
    let trusting = setup.clone().cluster(&format!("tls_ca = {:?}", file(&dir, "ca.pem")));
    let client = |setup: &Setup, dir: &TempDir| {
        let setup = setup.clone().cluster(&format!("tls_cert = {:?}", file(dir, "node.pem")));
        setup.cluster(&format!("tls_key = {:?}", file(dir, "node.key")))
    };
    let right = client(&trusting, &dir);
    starts([&right, &right]);
    let distrusting = setup.clone().cluster(&format!("tls_ca = {:?}", file(&other, "ca.pem")));
    fails(&client(&distrusting, &dir), "certificate");
    fails(&client(&setup, &dir), "certificate");
    // The broker takes no strangers.
    fails(&trusting, "");
    fails(&client(&trusting, &other), "");
    assert!(!broker.log().contains("FTL"), "{}", broker.log());
}

#[test]
fn a_broker_that_takes_too_little_or_is_not_there() {
    let broker = Broker::with("max_payload: 65536");
    fails(&Setup::new(&[&broker]), "max_payload of the broker is 65536, but 1044480 is needed");
    let nowhere = Setup::new(&[]).brokers(&[&format!("nats://{}", free_address())]);
    fails(&nowhere, "no broker has answered in 10000 ms");
}

#[test]
fn a_broker_that_is_too_old() {
    let listener = TcpListener::bind(free_address()).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let info = format!(
                "INFO {{\"server_id\":\"A\",\"server_name\":\"a\",\"version\":\"2.9.25\",\"proto\":1,\"go\":\"go1\",\
                 \"host\":\"{}\",\"port\":{},\"headers\":true,\"max_payload\":1048576}}\r\nPONG\r\n",
                address.ip(),
                address.port()
            );
            // A node that has gone wants no answer.
            stream.write_all(info.as_bytes()).ok();
            std::io::copy(&mut stream, &mut std::io::sink()).ok();
        }
    });
    let setup = Setup::new(&[]).brokers(&[&format!("nats://{address}")]);
    fails(&setup, "the broker has version 2.9.25, but 2.10 is needed");
}

#[test]
fn a_broker_that_comes_a_moment_later_is_waited_for() {
    let (address, monitor) = (free_address(), free_address());
    let setup = Setup::new(&[]).brokers(&[&format!("nats://{address}")]);
    let mut node = Node::new("im1", &setup);
    let broker = thread::scope(|scope| {
        scope.spawn(|| node.start());
        thread::sleep(std::time::Duration::from_millis(1_500));
        Broker::at(address, monitor, None, "")
    });
    whole(std::slice::from_ref(&node));
    assert_eq!(broker.nodes(), ["im1"]);
}
