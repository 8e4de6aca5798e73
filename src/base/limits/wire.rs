//! What bounds one HTTP request, or one frame of a socket, and the reading of it.
//!
//! Owns: sizes of heads, framing, callbacks and texts. Must not: bound what a call means ([`chat`](super::chat)) or how
//! often clients may ask ([`admission`](super::admission)).

use super::settings::CREDENTIAL_BYTES_MAX;

/// Longest request line and headers together, in bytes.
pub(crate) const HEAD_BYTES_MAX: usize = 16 * 1_024;
/// Most headers of a request.
pub(crate) const HEADERS_MAX: usize = 64;
/// Longest request target, in bytes. The rest of the head is enough for the headers of any client.
pub(crate) const TARGET_BYTES_MAX: usize = 12 * 1_024;
/// Most bytes of empty lines before a request: some old clients end a body with a line end that its length leaves
/// out.
pub(crate) const BLANK_BYTES_MAX: usize = 8;
/// Longest line before a chunk of a body, extensions included, in bytes.
pub(crate) const CHUNK_LINE_BYTES_MAX: usize = 256;
/// Longest trailers of a chunked body, in bytes. They are ignored.
pub(crate) const TRAILER_BYTES_MAX: usize = 4 * 1_024;
/// The framing of a chunked body may be as long as the longest body and this, in bytes. So tiny chunks do not make
/// much input out of a small body.
pub(crate) const CHUNK_FRAMING_BYTES: usize = 4 * 1_024;
/// Longest text that the client of a socket sends, in bytes: an acknowledgement is far shorter.
pub(crate) const SOCKET_TEXT_BYTES_MAX: usize = 125;
/// The same of a client of version 5, which names its domain and its ticket.
pub(crate) const V5_SOCKET_TEXT_BYTES_MAX: usize = 512;
/// Longest JSONP callback, in bytes.
pub(crate) const CALLBACK_BYTES_MAX: usize = 128;

/// The shortest header: a name, a colon and a line end.
const HEADER_BYTES_MIN: usize = 4;

// All parts of a head fit into it together.
const _: () = assert!(TARGET_BYTES_MAX < HEAD_BYTES_MAX);
const _: () = assert!(TARGET_BYTES_MAX + HEADERS_MAX * HEADER_BYTES_MIN < HEAD_BYTES_MAX);
const _: () = assert!(CALLBACK_BYTES_MAX < TARGET_BYTES_MAX);
const _: () = assert!(BLANK_BYTES_MAX < HEAD_BYTES_MAX);
// The body of one byte may come in a chunk with the longest line.
const _: () = assert!(2 * CHUNK_LINE_BYTES_MAX <= CHUNK_FRAMING_BYTES);
// The longest name of a domain fits, and half as much beside it.
const _: () = assert!(CREDENTIAL_BYTES_MAX * 3 / 2 <= V5_SOCKET_TEXT_BYTES_MAX);
// Trailers are headers.
const _: () = assert!(TRAILER_BYTES_MAX <= HEAD_BYTES_MAX);
