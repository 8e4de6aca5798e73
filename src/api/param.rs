//! The names of parameters.
//!
//! Owns: [`Param`], and how an entry of a list is named. Must not: read a value; `params` does.

use super::refusal;
use crate::http::rejection::Rejection;

macro_rules! params {
    ($($param:ident $name:literal)*) => {
        /// The parameters of all calls.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Param { $($param,)* }

        impl Param {
            /// All parameters, in the order of their names.
            pub(super) const ALL: &[Param] = &[$(Param::$param),*];
            pub(super) const COUNT: usize = Param::ALL.len();

            /// The parameter of this name.
            ///
            /// Of bytes, which become a tree of comparisons that begins with their number; texts would be compared one
            /// by one.
            pub(super) fn of(name: &[u8]) -> Option<Param> {
                match name {
                    $($name => Some(Param::$param),)*
                    _ => None,
                }
            }

            pub(super) fn name(self) -> &'static str {
                match self { $(Param::$param => const { text($name) },)* }
            }
        }
    };
}

/// A name as text.
const fn text(name: &[u8]) -> &str {
    match std::str::from_utf8(name) {
        Ok(text) => text,
        Err(_) => panic!("names are ASCII"),
    }
}

params! {
    Apikey b"apikey"
    Body b"body"
    Buddies b"buddies"
    Callback b"callback"
    Data b"data"
    Domain b"domain"
    Expires b"expires"
    Format b"format"
    From b"from"
    Group b"group"
    Groups b"groups"
    Id b"id"
    Ids b"ids"
    Meta b"meta"
    Name b"name"
    Names b"names"
    Nick b"nick"
    Room b"room"
    Rooms b"rooms"
    Seq b"seq"
    Show b"show"
    Status b"status"
    Style b"style"
    Ticket b"ticket"
    Timestamp b"timestamp"
    To b"to"
    Type b"type"
    Version b"version"
}

impl Param {
    /// Whether it is a list of names.
    pub(super) fn is_list(self) -> bool {
        matches!(self, Param::Buddies | Param::Rooms | Param::Groups | Param::Names | Param::Ids)
    }

    /// Whether it is a JSON object.
    pub(super) fn is_object(self) -> bool {
        matches!(self, Param::Meta | Param::Data)
    }

    /// A bit of its own, in a set of parameters.
    pub(super) fn bit(self) -> u32 {
        1 << self as u32
    }

    /// The rejection of a call that lacks it.
    pub(super) fn missing(self) -> Rejection {
        refusal::missing(self.name())
    }

    /// The rejection of a call in which it has a value that cannot be taken.
    pub(super) fn bad(self) -> Rejection {
        refusal::bad(self.name())
    }
}

const _: () = assert!(Param::COUNT <= u32::BITS as usize);

/// The name of one entry of a list: `buddies[]` or `buddies[0]`.
pub(super) struct EntryName {
    pub(super) param: Param,
    /// The entry stands in the list itself: between the brackets is nothing or a number, and no other bracket follows.
    pub(super) plain: bool,
}

impl EntryName {
    /// Reads a name that is not a parameter's; `None` if it is not that of a list with a bracket behind it.
    pub(super) fn of(name: &str) -> Option<EntryName> {
        let (list, index) = name.split_once('[')?;
        let param = Param::of(list.as_bytes()).filter(|param| param.is_list())?;
        let index = index.strip_suffix(']');
        let plain = index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()));
        Some(EntryName { param, plain })
    }
}
