//! Compresses the browser module once, so that no request pays for it, and makes the tags that tell one build of it
//! from the next.
//!
//! Owns: what `src/api/assets.rs` includes of the folder of results, and the variables it reads. Must not: read
//! anything but these files, or build them: they are in the repository, so that whoever builds the server needs
//! nothing but Rust.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;

/// The script of every page, and the chunks it loads.
const FILES: [&str; 7] = [
    "webim.js",
    "webim.opened.js",
    "webim.chat.js",
    "webim.panels.js",
    "webim.strangers.js",
    "webim.jsonp.js",
    "webim.zh.js",
];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let sources = folder("CARGO_MANIFEST_DIR")?.join("src/web/dist");
    let results = folder("OUT_DIR")?;
    for name in FILES {
        let text = read(&sources.join(name))?;
        let compressed = compressed(text.as_bytes())?;
        println!("cargo::rustc-env=TAG_{name}={:032x}", hash(text.as_bytes()));
        println!("cargo::rustc-env=GZIP_TAG_{name}={:032x}", hash(&compressed));
        fs::write(results.join(format!("{name}.gz")), compressed)?;
    }
    println!("cargo::rustc-env=WEBIM_BUILD={}", read(&sources.join("build"))?.trim_end());
    Ok(())
}

/// As text, because the server says that it is UTF-8.
fn read(path: &Path) -> io::Result<String> {
    println!("cargo::rerun-if-changed={}", path.display());
    fs::read_to_string(path).map_err(|error| about(path, &error))
}

fn folder(variable: &str) -> io::Result<PathBuf> {
    env::var_os(variable).map(PathBuf::from).ok_or_else(|| io::Error::other(format!("cargo sets {variable}")))
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The same bytes on every machine: the header has neither a name nor a time.
fn compressed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// FNV-1a of 128 bits. It need not withstand anybody: whoever can change the files can change the server.
fn hash(bytes: &[u8]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(BASIS, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}
