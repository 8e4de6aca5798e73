//! Scratch buffers: one set a shard, so that waiting costs no buffer.
//!
//! Owns: memory that lives for one turn and is used again. Must not: hold anything of a connection between turns.

use crate::base::limits::turn::READ_BYTES;

/// Bytes a scratch vector may keep allocated; what a storm or one big answer needed is given back.
const KEPT_MAX: usize = 64 * 1_024;

/// The scratch buffers of a shard.
#[derive(Debug)]
pub(crate) struct Buffers {
    /// What one read call fills.
    pub(crate) input: Vec<u8>,
    /// A chunked body, put together.
    pub(crate) body: Vec<u8>,
    /// An answer that is being written.
    pub(crate) output: Vec<u8>,
}

impl Buffers {
    pub(crate) fn new() -> Buffers {
        Buffers { input: vec![0; READ_BYTES], body: Vec::new(), output: Vec::new() }
    }

    /// Gives back what a large request or answer made large.
    pub(crate) fn trim(&mut self) {
        release_if_large(&mut self.body);
        release_if_large(&mut self.output);
    }
}

/// Empties a vector and keeps its memory, unless it is much.
pub(crate) fn release_if_large<T>(vector: &mut Vec<T>) {
    vector.clear();
    vector.shrink_to(KEPT_MAX / size_of::<T>());
}
