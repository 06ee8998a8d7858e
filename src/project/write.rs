//! Writing rule files.

#![allow(
    clippy::disallowed_methods,
    reason = "this is where rule files are written"
)]

use std::fs;
use std::io;
use std::path::Path;

/// Puts a new text in the place of a file's, whole or not at all: a crash half way leaves the old one.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link stays a link: what it points to is replaced.
    let path = &fs::canonicalize(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".rulepost-new");
    let beside = path.with_file_name(name);
    fs::write(&beside, text)?;
    let permissions = fs::metadata(path)?.permissions();
    let moved = fs::set_permissions(&beside, permissions).and_then(|()| fs::rename(&beside, path));
    if moved.is_err() {
        let _ = fs::remove_file(&beside);
    }
    moved
}
