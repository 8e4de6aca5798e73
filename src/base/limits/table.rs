//! Tables of numbers that an operator may change.
//!
//! Owns: the description of such a number, and the macro that makes a table of them. Must not: name a setting.

use std::ops::RangeInclusive;

/// One number of a `Table`. The configuration file, its checks, its example and the help are made from this.
#[derive(Debug)]
pub(crate) struct Setting<Table, Number> {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) default: Number,
    pub(crate) range: RangeInclusive<Number>,
    /// The lines of its documentation, each with a space before it. The first one is a summary.
    pub(crate) doc: &'static [&'static str],
    pub(crate) field: fn(&mut Table) -> &mut Number,
}

/// Makes a struct of numbers of one type. A row has the documentation, the name, the unit, the default, and the
/// lowest and highest value of a setting.
macro_rules! limits {
    ($(#[doc = $about:literal])+ $Table:ident: $Number:ty;
     $($(#[doc = $doc:literal])+ $name:ident: $unit:ident = $default:expr, $range:expr;)+) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $Table {
            $($(#[doc = $doc])+ pub $name: $Number,)+
        }

        impl $Table {
            /// The values that hold if nothing is configured.
            pub const DEFAULT: $Table = $Table { $($name: $default,)+ };
            /// The lowest values that may be configured.
            pub const MIN: $Table = $Table { $($name: *($range).start(),)+ };
            /// The highest values that may be configured.
            pub const MAX: $Table = $Table { $($name: *($range).end(),)+ };

            /// All settings, in the order of the fields.
            pub(crate) const SETTINGS: &[$crate::base::limits::table::Setting<$Table, $Number>] = &[
                $($crate::base::limits::table::Setting {
                    name: stringify!($name),
                    unit: stringify!($unit),
                    default: $default,
                    range: $range,
                    doc: &[$($doc),+],
                    field: |table| &mut table.$name,
                },)+
            ];
        }

        impl Default for $Table {
            fn default() -> Self {
                $Table::DEFAULT
            }
        }

        $(
            const _: () = assert!($Table::MIN.$name <= $Table::DEFAULT.$name);
            const _: () = assert!($Table::DEFAULT.$name <= $Table::MAX.$name);
        )+
    };
}
pub(super) use limits;
