//! Finding the YAML files below the paths that were named.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::project::Error;

/// The YAML files that `paths` name: a file is itself, a folder is every YAML file below it.
///
/// Hidden files, what `.gitignore` names and the tests of rules (`*.test.yaml`) are left out of folders. The result is sorted and free of repetitions,
/// so that the order of a report does not depend on the file system.
pub(crate) fn discover(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = BTreeSet::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &["yaml", "yml"], &mut found)?;
        } else if path.exists() {
            found.insert(path.clone());
        } else {
            return Err(Error::NotFound { path: path.clone() });
        }
    }
    Ok(found.into_iter().collect())
}

/// The files to import from that `paths` name: a file is itself, a folder is every JSON file below it.
pub(crate) fn sources(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = BTreeSet::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &["json"], &mut found)?;
        } else if path.exists() {
            found.insert(path.clone());
        } else {
            return Err(Error::NotFound { path: path.clone() });
        }
    }
    Ok(found.into_iter().collect())
}

fn walk(folder: &Path, endings: &[&str], found: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
    for entry in WalkBuilder::new(folder).build() {
        match entry {
            Ok(entry) => {
                let is_file = entry.file_type().is_some_and(|kind| !kind.is_dir());
                if is_file && has_ending(entry.path(), endings) && !is_test(entry.path()) {
                    found.insert(tidy(entry.path()));
                }
            }
            // A folder below that cannot be opened is told as a file that cannot be read would be.
            Err(error) => {
                return Err(Error::Walk {
                    path: folder.to_owned(),
                    source: error,
                });
            }
        }
    }
    Ok(())
}

/// `./a/b.yaml` is shown as `a/b.yaml`.
fn tidy(path: &Path) -> PathBuf {
    path.strip_prefix(".").unwrap_or(path).to_owned()
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        endings
            .iter()
            .any(|ending| extension.eq_ignore_ascii_case(ending))
    })
}

/// `NAME.test.yaml` holds the tests of the rule beside it.
fn is_test(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.is_some_and(|stem| stem.to_ascii_lowercase().ends_with(".test"))
}
