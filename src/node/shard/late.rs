//! Late requests: the bytes of them that each address holds on this shard.
//!
//! Owns: the table of addresses, which has an entry only while something is charged to it. Must not: import `conn`, or
//! decide when a request is late (`arrival` does) and how much is too much (`accounts` does).

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::base::admission::Cells;

/// The bytes charged to each address. An address is known by its two cells, which it hardly ever shares with another.
#[derive(Clone, Debug, Default)]
pub(super) struct LateBytes(Rc<RefCell<HashMap<Cells, usize>>>);

/// The bytes of one late request. Dropping the charge takes them off the address.
#[derive(Debug)]
pub(super) struct LateCharge {
    table: LateBytes,
    cells: Cells,
    bytes: usize,
}

impl LateBytes {
    pub(super) fn charge(&self, cells: Cells, bytes: usize) -> LateCharge {
        let mut charge = LateCharge { table: self.clone(), cells, bytes: 0 };
        charge.set(bytes);
        charge
    }
}

impl LateCharge {
    pub(super) fn set(&mut self, bytes: usize) {
        let mut table = self.table.0.borrow_mut();
        let total = table.entry(self.cells).or_default();
        *total = *total - self.bytes + bytes;
        self.bytes = bytes;
        if *total == 0 {
            table.remove(&self.cells);
        }
    }

    /// Whether the late requests of its address hold more than `max`. A single one is allowed whatever its length.
    pub(super) fn is_more_than(&self, max: usize) -> bool {
        let total = self.table.0.borrow().get(&self.cells).copied().unwrap_or_default();
        total > max && total > self.bytes
    }
}

impl Drop for LateCharge {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::admission::Addresses;
    use crate::base::limits::Limits;

    #[test]
    fn an_address_is_forgotten_with_its_last_byte() {
        let addresses = Addresses::new(&Limits::DEFAULT, [1, 2, 3, 4]);
        let cells = |address: &str| addresses.cells(address.parse().unwrap());
        let (one, other) = (cells("192.0.2.1"), cells("192.0.2.2"));
        let table = LateBytes::default();
        let (max, half) = (1_000, 500);
        let mut first = table.charge(one, half);
        let second = table.charge(one, half);
        let third = table.charge(other, half);
        assert!(!first.is_more_than(max) && !second.is_more_than(max));
        first.set(half + 1);
        assert!(first.is_more_than(max) && second.is_more_than(max) && !third.is_more_than(max));
        drop(second);
        assert!(!first.is_more_than(max));
        first.set(3 * max);
        assert!(!first.is_more_than(max), "one may be as long as requests may be");
        let second = table.charge(one, 1);
        assert!(first.is_more_than(max) && second.is_more_than(max));
        drop((first, second, third));
        assert_eq!(table.0.borrow().len(), 0);
    }
}
