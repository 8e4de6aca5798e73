//! Why a case failed.
//!
//! Owns: the words that the author of a plugin reads. Must not: know a case, or open a socket.

use std::fmt::{self, Display, Formatter};

/// The end of a case, or of a step in it.
pub(crate) type Verdict<T = ()> = Result<T, Failure>;

/// A promise that was not kept.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// The request, or the event at the site.
    pub(crate) asked: String,
    /// The answer, or the calls that the message server got.
    pub(crate) came: String,
    /// What the contract says of it.
    pub(crate) contract: String,
}

impl Failure {
    /// A failure of something that is no request.
    pub(crate) fn new(asked: impl Into<String>, came: impl Display, contract: impl Into<String>) -> Failure {
        Failure { asked: asked.into(), came: shortened(&came.to_string()), contract: contract.into() }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Failure { asked, came, contract } = self;
        write!(f, "    asked     {asked}\n    came      {came}\n    contract  {contract}")
    }
}

/// Longer answers are cut: a reader needs their beginning.
const SHOWN_CHARS_MAX: usize = 1_500;

/// A text on one line, of a length that can be read.
fn shortened(text: &str) -> String {
    let line = text.replace("\r\n", "\n").replace('\n', "\\n");
    match line.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &line[..end], text.len()),
        None => line,
    }
}
