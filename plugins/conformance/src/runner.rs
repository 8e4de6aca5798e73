//! Running the cases, one after another.
//!
//! Owns: the folder of the run, the puppet, the site's process, the real message server, and the counts. Must not: know
//! what a case asks.

use std::fs;
use std::net::TcpListener;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use nextim_testkit::process::Process;
use nextim_testkit::server::Server;
use tempfile::TempDir;

use crate::cases::Case;
use crate::failure::{Failure, Verdict};
use crate::host::Shell;
use crate::puppet::Puppet;
use crate::target::Target;
use crate::visitor::Place;
use crate::wire;
use crate::world::{APIKEY, DOMAIN, World};

/// How many cases ended in which way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) not_offered: usize,
}

/// Runs these cases. Each line of the report goes to `print`. An error means that nothing can be said of the plugin.
pub(crate) fn run(
    target: Target,
    file: &Path,
    cases: &[Case],
    keep: bool,
    print: fn(&str),
) -> Result<Counts, String> {
    let mut counts = Counts::default();
    let mut stage = Stage::set(target, file)?;
    for case in cases {
        let lacking: Vec<&str> =
            case.needs.iter().copied().filter(|need| !stage.world.target.offers(need)).collect();
        if !lacking.is_empty() {
            counts.not_offered += 1;
            print(&format!("not offered  {} (lacks {})", case.name, lacking.join(", ")));
            continue;
        }
        stage.prepare(case)?;
        match play(case, &stage.world) {
            Ok(()) => {
                counts.passed += 1;
                print(&format!("passed       {}", case.name));
            }
            Err(failure) => {
                counts.failed += 1;
                print(&format!("failed       {}\n{failure}", case.name));
            }
        }
    }
    if keep {
        print(&format!("the run's folder is {}", stage.folder.keep().display()));
    }
    Ok(counts)
}

/// Plays one case. A fault of the suite itself is a failure, too, and does not end the run.
fn play(case: &Case, world: &World) -> Verdict {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let played = panic::catch_unwind(AssertUnwindSafe(|| (case.run)(world)));
    panic::set_hook(hook);
    played.unwrap_or_else(|fault| {
        let text = fault.downcast_ref::<String>().cloned();
        let text = text.or_else(|| fault.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Failure::new(case.name, text.unwrap_or_default(), "the suite itself must not fail"))
    })
}

/// All that a case needs.
struct Stage {
    world: World,
    site: Option<Process>,
    server: Option<Server>,
    base: String,
    folder: TempDir,
}

impl Stage {
    fn set(target: Target, file: &Path) -> Result<Stage, String> {
        let words = |what: &'static str| move |error: std::io::Error| format!("{what}: {error}");
        let folder = TempDir::new().map_err(words("a folder for the run"))?;
        let puppet = Puppet::start(target.im_port, DOMAIN, APIKEY).map_err(words("the puppet"))?;
        let port = free_port().map_err(words("a port for the site"))?;
        let base = target.base.clone().unwrap_or_else(|| format!("http://127.0.0.1:{port}"));
        let base = base.trim_end_matches('/').to_owned();
        let (address, host) = wire::address(&base).map_err(words("base"))?;
        let origin = target.origin.clone().unwrap_or_else(|| base.clone());
        let url = target.url.clone();
        let place = Arc::new(Place { address, host, origin, url });
        let own = std::env::current_exe().map_err(words("this program"))?;
        let programs = own.parent().unwrap_or(Path::new("."));
        let path = file.canonicalize().map_err(words("the target file"))?;
        let here = path.parent().unwrap_or(Path::new("/"));
        let shell = Shell::new(
            here,
            &[
                ("port", &port.to_string()),
                ("base", &base),
                ("im", &format!("http://{}", puppet.address())),
                ("im_port", &puppet.address().port().to_string()),
                ("domain", DOMAIN),
                ("apikey", APIKEY),
                ("dir", &folder.path().display().to_string()),
                ("here", &here.display().to_string()),
                ("programs", &programs.display().to_string()),
                ("jsonp_origin", target.jsonp_origin.as_deref().unwrap_or_default()),
            ],
        );
        if let Some(prepare) = &target.prepare {
            shell.run(prepare, &[])?;
        }
        let world = World { target: Arc::new(target), puppet, place, shell, real: None };
        Ok(Stage { world, site: None, server: None, base, folder })
    }

    /// Makes the world new for a case.
    fn prepare(&mut self, case: &Case) -> Result<(), String> {
        let target = Arc::clone(&self.world.target);
        self.world.puppet.reset();
        if target.restart {
            self.site = None;
        }
        self.world.shell.run(&target.reset, &[])?;
        if let Some(start) = target.start.as_deref().filter(|_| self.site.is_none()) {
            let log = self.folder.path().join("site.log");
            self.site = Some(self.world.shell.start(start, &self.base, &log)?);
        }
        self.server = None;
        self.world.real = None;
        if let Some(program) = target.server.as_deref().filter(|_| case.needs.contains(&"server")) {
            let server = self.real_server(program)?;
            self.world.puppet.pass_to(server.address);
            self.world.real = Some(server.address);
            self.server = Some(server);
        }
        Ok(())
    }

    /// Starts the real message server, which posts back what it could not deliver.
    fn real_server(&self, program: &str) -> Result<Server, String> {
        let undelivered =
            format!("http://{}{}", self.world.place.host, self.world.place.target("undelivered", ""));
        let settings = format!(
            "listen = [\"127.0.0.1:0\"]\n[timeouts]\nlinger_ms = 50\npoll_hold_ms_min = 200\npoll_hold_ms_max = 300\n\
             [[domain]]\nname = \"{DOMAIN}\"\napikeys = [\"{APIKEY}\"]\nundelivered_url = \"{undelivered}\"\n"
        );
        let file = self.folder.path().join("nextim.toml");
        fs::write(&file, settings).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut command = Command::new(self.world.shell.filled(program, &[]));
        Server::try_run(command.arg("--config").arg(file).env_clear())
    }
}

/// A port that is free now.
fn free_port() -> std::io::Result<u16> {
    TcpListener::bind("127.0.0.1:0")?.local_addr().map(|address| address.port())
}
