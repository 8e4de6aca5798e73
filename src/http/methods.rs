//! Sets of methods: those that a path takes, and those that `Allow` lists.
//!
//! Owns: [`MethodSet`]. Must not: import a path.

use super::request::Method;

/// Methods that can be in a set, in the order in which they are listed.
const LISTED: [(Method, &str); 4] =
    [(Method::Get, "GET"), (Method::Head, "HEAD"), (Method::Post, "POST"), (Method::Options, "OPTIONS")];

/// A set of methods. [`Method::Other`] is in none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MethodSet(u8);

impl MethodSet {
    /// The set of these methods.
    pub(crate) const fn of(methods: &[Method]) -> MethodSet {
        let (mut bits, mut at) = (0, 0);
        while at < methods.len() {
            bits |= bit(methods[at]);
            at += 1;
        }
        MethodSet(bits)
    }

    /// Whether `method` is in the set.
    pub(crate) const fn contains(self, method: Method) -> bool {
        self.0 & bit(method) != 0
    }

    /// The methods of both sets.
    #[must_use]
    pub(crate) const fn union(self, other: MethodSet) -> MethodSet {
        MethodSet(self.0 | other.0)
    }

    /// Appends the names, with commas between them.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let names = LISTED.iter().filter(|(method, _)| self.contains(*method)).map(|(_, name)| name);
        for (index, name) in names.enumerate() {
            out.extend_from_slice(if index > 0 { b", " } else { b"" });
            out.extend_from_slice(name.as_bytes());
        }
    }
}

const fn bit(method: Method) -> u8 {
    match method {
        Method::Get => 1,
        Method::Head => 2,
        Method::Post => 4,
        Method::Options => 8,
        Method::Other => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_listed_in_one_order() {
        let check = |methods: &[Method], expected: &str| {
            let mut out = Vec::new();
            MethodSet::of(methods).write(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        };
        check(&[], "");
        check(&[Method::Post], "POST");
        check(&[Method::Options, Method::Post, Method::Get, Method::Head], "GET, HEAD, POST, OPTIONS");
        check(&[Method::Other, Method::Options, Method::Get], "GET, OPTIONS");
    }

    #[test]
    fn an_unknown_method_is_in_no_set() {
        let (get, post) = (MethodSet::of(&[Method::Get]), MethodSet::of(&[Method::Post]));
        assert!(get.contains(Method::Get) && !get.contains(Method::Post));
        let both = get.union(post);
        assert!(both.contains(Method::Get) && both.contains(Method::Post) && !both.contains(Method::Head));
        assert!(!MethodSet::of(&[Method::Other]).contains(Method::Other));
    }
}
