//! What is for several places, by place.
//!
//! Owns: the division. Must not: know what it is for.

use super::context::Context;
use crate::base::domains::DomainId;
use crate::base::slots::Slot;
use crate::router::ids::Place;
use crate::router::mail::Names;

/// Slots by their place.
pub(super) fn by_place<K: Into<(Place, Slot)>>(keys: impl IntoIterator<Item = K>) -> Vec<(Place, Vec<Slot>)> {
    let mut places: Vec<(Place, Vec<Slot>)> = Vec::new();
    for key in keys {
        let (place, slot) = key.into();
        match places.iter_mut().find(|(other, _)| *other == place) {
            Some((_, slots)) => slots.push(slot),
            None => places.push((place, vec![slot])),
        }
    }
    places
}

/// Names by the shard of this process.
pub(super) fn by_shard(domain: DomainId, names: Names, context: Context<'_>) -> Vec<(Place, Names)> {
    let places = by_shard_counted(domain, names, 0, context);
    places.into_iter().map(|(place, (names, _))| (place, names)).collect()
}

/// The same, and how many of the first `reserved` names each has.
pub(super) fn by_shard_counted(
    domain: DomainId,
    names: Names,
    reserved: usize,
    context: Context<'_>,
) -> Vec<(Place, (Names, usize))> {
    let mut places: Vec<(Place, (Names, usize))> = Vec::new();
    for (at, (position, name)) in names.into_iter().enumerate() {
        let place = context.places().of(domain, &name);
        let index = places.iter().position(|(other, _)| *other == place).unwrap_or_else(|| {
            places.push((place, (Vec::new(), 0)));
            places.len() - 1
        });
        let (names, count) = &mut places[index].1;
        names.push((position, name));
        *count += usize::from(at < reserved);
    }
    places
}
