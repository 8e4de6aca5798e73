//! The sites that this server serves: names, keys, origins, limits.
//!
//! Owns: [`Domains`], an immutable snapshot that a reload replaces as a whole. Must not: import users or sessions. A
//! domain keeps its [`DomainId`] as long as it stays configured. A domain that is removed and configured again later
//! has a new id, so it inherits nothing.

mod apikey;

use std::fmt;
use std::sync::Arc;

use self::apikey::Apikeys;
pub use self::apikey::is_same_credential;
use crate::base::admission::{Budget, Gauge, Meter, Pace};
use crate::base::figures::Figures;
use crate::base::limits::chat::CALL_BURST_MS;

/// The number of a domain in this process. No other domain gets it later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainId(pub u32);

/// The configuration of one domain.
#[derive(Clone, PartialEq, Eq)]
pub struct DomainConfig {
    /// The name that its site sends as `domain`.
    pub name: String,
    /// The keys that its site may use; more than one while a key is replaced.
    pub apikeys: Vec<String>,
    /// Origins whose pages may read answers; empty: every origin.
    pub origins: Vec<String>,
    /// Most users online at once.
    pub max_users: u32,
    /// Most sessions (open pages) at once.
    pub max_sessions: u32,
    /// Most calls of its site in a second; 0: no limit.
    pub max_calls_per_second: u32,
    /// Where its site takes back undelivered messages; `None`: nowhere.
    pub undelivered_url: Option<String>,
}

impl DomainConfig {
    /// A domain with one key, open to every origin, without limits, that takes back nothing.
    pub fn new(name: impl Into<String>, apikey: impl Into<String>) -> DomainConfig {
        DomainConfig {
            name: name.into(),
            apikeys: vec![apikey.into()],
            origins: Vec::new(),
            max_users: u32::MAX,
            max_sessions: u32::MAX,
            max_calls_per_second: 0,
            undelivered_url: None,
        }
    }
}

impl fmt::Debug for DomainConfig {
    /// Leaves out the keys, and the URL, which may contain one: debugging output ends up in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DomainConfig")
            .field("name", &self.name)
            .field("apikeys", &self.apikeys.len())
            .field("origins", &self.origins)
            .field("max_users", &self.max_users)
            .field("max_sessions", &self.max_sessions)
            .field("max_calls_per_second", &self.max_calls_per_second)
            .field("undelivered_url", &self.undelivered_url.is_some())
            .finish()
    }
}

/// What all shards count of one domain together, to hold its limits. Padded, so that two domains never share a cache
/// line.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Present {
    /// Users online.
    pub(crate) users: Gauge,
    /// Sessions.
    pub(crate) sessions: Gauge,
    /// Calls of its site.
    calls: Meter,
}

/// One domain, as the shards see it.
pub struct Domain {
    /// The same across reloads.
    pub id: DomainId,
    /// The name that its site sends as `domain`.
    pub(crate) name: Box<str>,
    /// Most users online at once.
    pub(crate) max_users: u32,
    /// Most sessions at once.
    pub(crate) max_sessions: u32,
    /// What there is of it now, on all shards; kept across reloads.
    pub(crate) present: Arc<Present>,
    /// What it has done, on all shards; kept across reloads.
    pub(crate) figures: Arc<Figures>,
    /// The rate of its calls, if it is limited.
    pace: Option<Pace>,
    /// Where its site takes back undelivered messages.
    pub(crate) undelivered_url: Option<Box<str>>,
    /// The bytes of these messages; kept across reloads.
    pub(crate) undelivered: Arc<Budget>,
    apikeys: Apikeys,
    /// The first of its keys, which the server sends to the site.
    credential: Option<Box<str>>,
    origins: Vec<Arc<Box<str>>>,
}

impl fmt::Debug for Domain {
    /// Leaves out the keys and the URL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Domain")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("max_users", &self.max_users)
            .field("present", &self.present)
            .field("pace", &self.pace)
            .field("undelivered_url", &self.undelivered_url.is_some())
            .field("undelivered", &self.undelivered)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}

impl Domain {
    /// Counts one more call of its site, unless calls come too fast.
    pub(crate) fn admits_call(&self, now_ms: u64) -> bool {
        self.pace.is_none_or(|pace| self.present.calls.admit(pace, now_ms))
    }

    /// The credentials with which this server authenticates itself to the site: the name and the first key. `None`
    /// without a key.
    pub(crate) fn credentials(&self) -> Option<(&str, &str)> {
        Some((&self.name, self.credential.as_deref()?))
    }

    /// The pages that may read an answer to a request from `origin`.
    pub(crate) fn audience(&self, origin: Option<&str>) -> Audience {
        if self.origins.is_empty() {
            return Audience::Anybody;
        }
        let allowed = |origin: &str| self.origins.iter().find(|allowed| allowed.eq_ignore_ascii_case(origin));
        origin.and_then(allowed).map_or(Audience::Nobody, |origin| Audience::Origin(Arc::clone(origin)))
    }
}

/// The pages whose scripts may read an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// No page of another origin.
    #[default]
    Nobody,
    /// Every page.
    Anybody,
    /// Pages of this origin. This is a thin pointer, because every parked poll keeps one.
    Origin(Arc<Box<str>>),
}

/// All domains of the process at one time.
#[derive(Debug, Default)]
pub struct Domains {
    /// By id; `None` where a domain was removed.
    by_id: Vec<Option<Arc<Domain>>>,
    /// Sorted by name.
    by_name: Vec<Arc<Domain>>,
    /// Decoys, to which the key for an unknown domain is compared.
    decoys: Apikeys,
    /// The shards that count figures of each domain.
    shards: usize,
}

impl Domains {
    /// The snapshot for one shard.
    pub fn new(configs: &[DomainConfig]) -> Domains {
        Domains::for_shards(configs, 1)
    }

    /// The snapshot of a server that starts with this many shards.
    pub(crate) fn for_shards(configs: &[DomainConfig], shards: usize) -> Domains {
        Domains { shards, ..Domains::default() }.reload(configs)
    }

    /// The snapshot after a reload with `configs`. Domains that stay keep their id and their counts.
    #[must_use]
    pub(crate) fn reload(&self, configs: &[DomainConfig]) -> Domains {
        let mut by_id: Vec<Option<Arc<Domain>>> = vec![None; self.by_id.len()];
        let slots = configs.iter().map(|config| config.apikeys.len()).max().unwrap_or(0).max(1);
        for config in configs {
            let before = self.find(&config.name);
            let next = DomainId(u32::try_from(by_id.len()).expect("domains are fewer than 2^32"));
            let domain = Arc::new(Domain {
                id: before.map_or(next, |domain| domain.id),
                name: config.name.as_str().into(),
                max_users: config.max_users,
                max_sessions: config.max_sessions,
                present: before.map_or_else(Arc::default, |domain| Arc::clone(&domain.present)),
                figures: before.map_or_else(
                    || Arc::new(Figures::new(self.shards)),
                    |domain| Arc::clone(&domain.figures),
                ),
                pace: Pace::new(config.max_calls_per_second as usize, 1, CALL_BURST_MS),
                undelivered_url: config.undelivered_url.as_deref().map(Into::into),
                undelivered: before.map_or_else(Arc::default, |domain| Arc::clone(&domain.undelivered)),
                apikeys: Apikeys::new(&config.apikeys, slots),
                credential: config.apikeys.first().map(|key| key.as_str().into()),
                origins: config.origins.iter().map(|origin| Arc::new(origin.as_str().into())).collect(),
            });
            if domain.id == next {
                by_id.push(Some(domain));
            } else {
                let index = domain.id.0 as usize;
                by_id[index] = Some(domain);
            }
        }
        let mut by_name: Vec<Arc<Domain>> = by_id.iter().flatten().map(Arc::clone).collect();
        by_name.sort_by(|a, b| a.name.cmp(&b.name));
        Domains { by_id, by_name, decoys: Apikeys::new(&[], slots), shards: self.shards }
    }

    /// The domain of that name.
    pub fn find(&self, name: &str) -> Option<&Arc<Domain>> {
        let found = self.by_name.binary_search_by(|domain| (*domain.name).cmp(name)).ok()?;
        self.by_name.get(found)
    }

    /// The domain of that name, if `apikey` is one of its keys. The time does not depend on how much of the key is
    /// right, or on the length of the domain's keys; and an unknown name takes as many comparisons.
    pub(crate) fn admit(&self, name: &str, apikey: &str) -> Option<&Arc<Domain>> {
        let domain = self.find(name);
        let accepted = domain.map_or(&self.decoys, |domain| &domain.apikeys).accept(apikey);
        domain.filter(|_| accepted)
    }

    /// The domain of that id, unless it was removed.
    pub(crate) fn get(&self, id: DomainId) -> Option<&Arc<Domain>> {
        self.by_id.get(id.0 as usize)?.as_ref()
    }

    /// All domains, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Domain>> {
        self.by_name.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(domains: &Domains) -> Vec<&str> {
        domains.iter().map(|domain| &*domain.name).collect()
    }

    #[test]
    fn a_reload_keeps_ids_and_never_gives_one_twice() {
        let first = Domains::new(&[DomainConfig::new("b", "1"), DomainConfig::new("a", "2")]);
        assert_eq!(names(&first), ["a", "b"]);
        let b = first.find("b").unwrap().id;
        first.find("b").unwrap().present.users.admit(9);
        first.find("b").unwrap().present.sessions.admit(9);
        first.find("b").unwrap().figures.of(0).called();
        let claim = first.find("b").unwrap().undelivered.claim(5, 9);

        let second = first.reload(&[DomainConfig::new("b", "3")]);
        assert_eq!(second.find("b").unwrap().id, b);
        assert_eq!(second.find("b").unwrap().present.users.count(), 1, "its users are still counted");
        assert_eq!(second.find("b").unwrap().undelivered.used(), 5, "and what is kept for its site");
        let of_b = second.find("b").unwrap();
        assert_eq!(
            (of_b.figures.read().calls, of_b.present.sessions.count()),
            (1, 1),
            "and what it has done"
        );
        drop(claim);
        assert_eq!(second.find("b").unwrap().undelivered.used(), 0);
        assert!(second.admit("b", "3").is_some() && second.admit("b", "1").is_none());
        let a = first.find("a").unwrap().id;
        assert!(second.get(a).is_none() && second.find("a").is_none());

        let third = second.reload(&[DomainConfig::new("a", "2"), DomainConfig::new("b", "3")]);
        assert_eq!(
            Domains::for_shards(&[DomainConfig::new("c", "1")], 3).find("c").unwrap().figures.shards(),
            3
        );
        assert_ne!(third.find("a").unwrap().id, a, "a removed domain does not come back");
        assert_eq!(third.find("b").unwrap().id, b);
    }

    #[test]
    fn a_reload_changes_the_rate_of_calls_and_remembers_them() {
        let config =
            |max_calls_per_second| DomainConfig { max_calls_per_second, ..DomainConfig::new("a", "1") };
        let admitted = |domains: &Domains, now_ms| {
            (0..100).filter(|_| domains.find("a").unwrap().admits_call(now_ms)).count()
        };
        let free = Domains::new(&[config(0)]);
        assert_eq!(admitted(&free, 0), 100);
        let slow = free.reload(&[config(10)]);
        assert_eq!(admitted(&slow, 0), 10, "a second's worth");
        assert_eq!(admitted(&slow, 350), 3);
        let quick = slow.reload(&[config(20)]);
        assert_eq!(admitted(&quick, 350), 1, "what was called before counts");
        assert_eq!(admitted(&quick, 1_350), 20);
    }

    #[test]
    fn every_domain_and_none_has_as_many_keys_to_compare() {
        let slots = |domains: &Domains| {
            let all = domains.iter().map(|domain| domain.apikeys.slots()).chain([domains.decoys.slots()]);
            all.collect::<Vec<_>>()
        };
        let mut rotating = DomainConfig::new("b", "old");
        rotating.apikeys.push("new".to_owned());
        let domains = Domains::new(&[DomainConfig::new("a", "1"), rotating]);
        assert_eq!(slots(&domains), [2, 2, 2]);
        assert_eq!(slots(&domains.reload(&[DomainConfig::new("a", "1")])), [1, 1]);
        assert_eq!(slots(&Domains::default()), [1]);
    }

    #[test]
    fn debugging_shows_no_key() {
        let url = Some("https://a.example/?topsecret".to_owned());
        let config = DomainConfig { undelivered_url: url, ..DomainConfig::new("a", "topsecret") };
        let domains = Domains::new(std::slice::from_ref(&config));
        for shown in [format!("{config:?}"), format!("{domains:?}")] {
            assert!(shown.contains("\"a\"") && !shown.contains("topsecret"), "{shown}");
        }
    }

    #[test]
    fn keys_and_origins() {
        let mut config = DomainConfig::new("a", "old");
        config.apikeys.push("new".to_owned());
        let domains = Domains::new(std::slice::from_ref(&config));
        let domain = domains.find("a").unwrap();
        let admitted = |name, apikey| domains.admit(name, apikey).map(|domain| domain.id);
        assert_eq!((admitted("a", "old"), admitted("a", "new")), (Some(domain.id), Some(domain.id)));
        for apikey in ["", "ol", "ne", "oldnew"] {
            assert_eq!(admitted("a", apikey), None, "{apikey:?}");
        }
        assert_eq!((admitted("b", "new"), admitted("b", "")), (None, None));
        assert_eq!(domain.audience(None), Audience::Anybody);

        config.origins.push("https://a.example".to_owned());
        let domains = domains.reload(&[config]);
        let domain = domains.find("a").unwrap();
        let own = Audience::Origin(Arc::new("https://a.example".into()));
        assert_eq!(domain.audience(Some("https://a.example")), own);
        assert_eq!(domain.audience(Some("https://b.example")), Audience::Nobody);
        assert_eq!(domain.audience(None), Audience::Nobody);
    }
}
