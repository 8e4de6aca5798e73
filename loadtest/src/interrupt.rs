//! Interrupts: a long run that is interrupted ends early and shows what it has.
//!
//! Owns: the signal handler. Must not: end a run; each run polls [`Interrupt::came`]. A second interrupt ends the
//! process at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// Whether the run was interrupted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Installs the handler.
    pub(crate) fn heard() -> io::Result<Interrupt> {
        let interrupt = Interrupt::default();
        // In this order the first one does not end the process, and the second one does.
        flag::register_conditional_shutdown(SIGINT, 128 + SIGINT, Arc::clone(&interrupt.0))?;
        flag::register(SIGINT, Arc::clone(&interrupt.0))?;
        Ok(interrupt)
    }

    /// Whether SIGINT has come.
    pub(crate) fn came(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
