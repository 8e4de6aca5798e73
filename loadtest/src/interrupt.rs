//! Interrupts: a long run that is interrupted ends early and shows what it has.
//!
//! Owns: the signal. Must not: end a run; whoever asks does. A second interrupt ends the process at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// Knows whether somebody has interrupted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on an interrupt is heard here.
    pub(crate) fn heard() -> io::Result<Interrupt> {
        let interrupt = Interrupt::default();
        // In this order the first one does not end the process, and the second one does.
        flag::register_conditional_shutdown(SIGINT, 128 + SIGINT, Arc::clone(&interrupt.0))?;
        flag::register(SIGINT, Arc::clone(&interrupt.0))?;
        Ok(interrupt)
    }

    /// Whether somebody has.
    pub(crate) fn came(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
