//! Late requests: how many bytes of them each address holds on this shard.
//!
//! Owns: the table of addresses, which has an entry only as long as something is charged to it. Must not: know
//! connections, or decide when a request is late and how much is too much; `arrival.rs` does.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::base::admission::Cells;

/// What is charged to each address. Addresses are known by their cells, of which two addresses hardly ever share both.
#[derive(Clone, Debug, Default)]
pub(crate) struct LateBytes(Rc<RefCell<HashMap<Cells, usize>>>);

/// What one late request holds; dropping it takes its bytes off the address.
#[derive(Debug)]
pub(crate) struct Charge {
    table: LateBytes,
    cells: Cells,
    bytes: usize,
}

impl LateBytes {
    /// Charges an address with a request.
    pub(crate) fn charge(&self, cells: Cells, bytes: usize) -> Charge {
        let mut charge = Charge { table: self.clone(), cells, bytes: 0 };
        charge.set(bytes);
        charge
    }
}

impl Charge {
    /// The request holds this many bytes now.
    pub(crate) fn set(&mut self, bytes: usize) {
        let mut table = self.table.0.borrow_mut();
        let total = table.entry(self.cells).or_default();
        *total = *total - self.bytes + bytes;
        self.bytes = bytes;
        if *total == 0 {
            table.remove(&self.cells);
        }
    }

    /// Whether the late requests of its address hold more than `max`. A single one may be as long as requests may be.
    pub(crate) fn is_more_than(&self, max: usize) -> bool {
        let total = self.table.0.borrow().get(&self.cells).copied().unwrap_or_default();
        total > max && total > self.bytes
    }
}

impl Drop for Charge {
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
