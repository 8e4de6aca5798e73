//! What mail weighs while it waits.
//!
//! Owns: the bytes that texts, names, profiles and shares of packets take on the heap. Must not: import `mail` or
//! `call`; each payload adds up its own bytes.

use std::borrow::Cow;

use super::packet::Packet;
use super::profile::Profile;
use crate::base::slots::Slot;

pub(super) fn slots(slots: &[Slot]) -> usize {
    size_of_val(slots)
}

pub(super) fn names(names: &[(u32, Box<str>)]) -> usize {
    names.iter().map(|name| size_of_val(name) + name.1.len()).sum()
}

pub(super) fn share(packet: Option<&Packet>) -> usize {
    packet.map_or(0, Packet::share)
}

pub(super) fn texts(texts: &[Cow<'_, str>]) -> usize {
    texts.iter().map(|text| size_of_val(text) + text.len()).sum()
}

pub(super) fn text(text: Option<&Cow<'_, str>>) -> usize {
    text.map_or(0, |text| text.len())
}

pub(super) fn profiles(profiles: &[Profile]) -> usize {
    profiles.iter().map(profile).sum()
}

pub(super) fn profile(profile: &Profile) -> usize {
    let text = profile.name().len() + profile.nick().len() + profile.show().len() + profile.status().len();
    size_of::<Profile>() + text
}
