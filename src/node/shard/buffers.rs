//! Scratch buffers: memory that lives for one turn and is used again, so that waiting costs no buffer.
//!
//! Owns: how much of it stays allocated. Must not: own a buffer; each part has its own.

/// Bytes a scratch vector may keep allocated; the rest, which a storm or one large answer needed, is given back.
const KEPT_MAX: usize = 64 * 1_024;

/// Empties a vector and keeps its memory, up to [`KEPT_MAX`].
pub(super) fn release_if_large<T>(vector: &mut Vec<T>) {
    vector.clear();
    vector.shrink_to(KEPT_MAX / size_of::<T>());
}
