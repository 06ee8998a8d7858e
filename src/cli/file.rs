//! Files that commands write for people: templates, saved plans, audit lines.

#![allow(
    clippy::disallowed_methods,
    reason = "this is where commands write files"
)]

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::path::Path;

use crate::cli::error::Error;
use crate::project::text::decode;

/// Writes a file whole, making the folders above it.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

/// Reads a file that a flag named.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

/// Opens a file that a flag named, to be read bit by bit.
pub(crate) fn reader(path: &Path) -> Result<impl BufRead + use<>, Error> {
    match fs::File::open(path) {
        Ok(file) => Ok(BufReader::new(file)),
        Err(source) => Err(Error::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Reads a file of another tool, in whatever encoding it was saved.
pub(crate) fn read_any(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(decode(bytes).text)
}

/// Writes a file that must not be there yet, making the folders above it.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Error> {
    if path.exists() {
        return Err(Error::Usage {
            message: format!("`{}` is there already", path.display()),
            help: "`-o FILE` writes to another file".to_owned(),
        });
    }
    write(path, text)
}

/// Appends to a file, such as the step summary of GitHub Actions.
pub(crate) fn append(path: &Path, text: &str) -> Result<(), Error> {
    use std::io::Write as _;
    let failed = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}
