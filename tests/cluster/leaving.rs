//! A node that goes down as asked, and comes back.
//!
//! Owns: that its users move without a loss, and that nobody sees them go. Must not: kill a process.

use nextim_testkit::inbox::Inbox;

use crate::support::{Page, Town, Traffic, settle, within};

const USERS: usize = 24;
const LEAVING: usize = 2;

#[test]
fn its_users_move_and_come_back_and_nobody_sees_them_go() {
    let inbox = Inbox::start();
    let mut town = Town::with(3, |setup| setup.cut_ms(8_000).domain(&inbox.line()));
    let site = town.site();
    let names: Vec<String> = (0..USERS).map(|number| format!("user{number:02}")).collect();
    let buddies = names.join(",");
    let mut pages: Vec<Page> = names.iter().map(|name| site.online(name, &[("buddies", &buddies)])).collect();
    let sent = Traffic::around(&site, &[0, 1], &mut pages, |traffic| {
        let names = || names.iter().map(String::as_str);
        traffic.reaches(names());
        town.nodes[LEAVING].leave();
        traffic.mark();
        traffic.reaches(names());
        town.nodes[LEAVING].start();
        town.whole();
        within("it has users again", || (town.nodes[LEAVING].gauge("nextim_users") > 0).then_some(()));
        traffic.mark();
        traffic.reaches(names());
    });
    settle(&mut pages, &sent, Some(&inbox));
    for page in &pages {
        for name in &names {
            let moves = page.heard.moves_of(name);
            assert!(moves.iter().all(|kind| kind == "online"), "{} saw {name}: {moves:?}", page.name);
        }
    }
}
