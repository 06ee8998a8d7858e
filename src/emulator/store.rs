//! The state as files: one per resource, each replaced whole.
//!
//! ```text
//! identity.json
//! clock.json
//! workspaces/<workspace>/workspace.json
//! workspaces/<workspace>/alertRules/<rule>.json
//! workspaces/<workspace>/metadata/<name>.json
//! workspaces/<workspace>/incidents/<number>.json
//! workspaces/<workspace>/schedule.json
//! workspaces/<workspace>/logs/<table>.jsonl
//! ```
//! A file is written beside its place and renamed into it, so that a process killed at any moment leaves either
//! the old or the new content. A deleted rule leaves its trace in the same file, for soft delete. Rows are appended to
//! the file of their table; a line that was not written whole is left out when the file is read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::path::WorkspaceId;
use crate::emulator::error::Error;
use crate::emulator::identity::Identity;
use crate::emulator::logs::Logs;
use crate::emulator::schedule::Timing;
use crate::emulator::state::{Facts, Slot, State, Workspace, key};

/// Bytes of rows that are read into one batch.
const BATCH: usize = 1 << 20;

/// The data folder; nobody else works on it while this lives.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    _lock: File,
}

/// Which resources of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    AlertRules,
    Metadata,
    Incidents,
}

impl Shelf {
    fn folder(self) -> &'static str {
        match self {
            Self::AlertRules => "alertRules",
            Self::Metadata => "metadata",
            Self::Incidents => "incidents",
        }
    }
}

impl Store {
    /// Takes the folder, making it when it is absent.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, Error> {
        let workspaces = folder.join("workspaces");
        std::fs::create_dir_all(&workspaces).map_err(|source| file_error(&workspaces, source))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(|source| file_error(&path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                folder,
                _lock: lock,
            }),
            Err(std::fs::TryLockError::WouldBlock) => Err(Error::InUse { path: folder }),
            Err(std::fs::TryLockError::Error(source)) => Err(file_error(&path, source)),
        }
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// An empty `requests.jsonl`.
    pub(crate) fn request_log(&self) -> Result<File, Error> {
        let path = self.folder.join("requests.jsonl");
        File::create(&path).map_err(|source| file_error(&path, source))
    }

    /// Who may sign in, if the folder knows.
    pub(crate) fn identity(&self) -> Result<Option<Identity>, Error> {
        read(&self.folder.join("identity.json"))
    }

    /// Keeps who may sign in.
    pub(crate) fn write_identity(&self, identity: &Identity) -> Result<(), Error> {
        write(&self.folder.join("identity.json"), identity)
    }

    /// Every workspace the folder holds.
    pub(crate) fn state(&self) -> Result<State, Error> {
        let mut state = State::default();
        for folder in entries(&self.folder.join("workspaces"))? {
            let Some(facts) = read::<Facts>(&folder.join("workspace.json"))? else {
                continue;
            };
            let mut workspace = Workspace::new(facts);
            for (shelf, slots) in [
                (Shelf::AlertRules, &mut workspace.rules),
                (Shelf::Metadata, &mut workspace.metadata),
                (Shelf::Incidents, &mut workspace.incidents),
            ] {
                for path in entries(&folder.join(shelf.folder()))? {
                    let name = path
                        .file_stem()
                        .and_then(|stem| stem.to_str())
                        .and_then(unescape);
                    if let (Some(name), true) = (name, path.extension() == Some("json".as_ref()))
                        && let Some(slot) = read::<Slot>(&path)?
                    {
                        slots.insert(name, slot);
                    }
                }
            }
            workspace.timings = read(&folder.join("schedule.json"))?.unwrap_or_default();
            self.read_logs(&mut workspace)?;
            state
                .workspaces
                .insert(key(&workspace.facts.id()), workspace);
        }
        Ok(state)
    }

    /// Keeps the facts of a workspace.
    pub(crate) fn write_facts(&self, facts: &Facts) -> Result<(), Error> {
        let folder = self.workspace_folder(&facts.id());
        std::fs::create_dir_all(&folder).map_err(|source| file_error(&folder, source))?;
        write(&folder.join("workspace.json"), facts)
    }

    /// Keeps a resource, or the trace of a deleted one; `None` forgets it.
    pub(crate) fn write_slot(
        &self,
        workspace: &WorkspaceId,
        shelf: Shelf,
        name: &str,
        slot: Option<&Slot>,
    ) -> Result<(), Error> {
        let folder = self.workspace_folder(workspace).join(shelf.folder());
        let path = folder.join(format!("{}.json", escape(&name.to_lowercase())));
        match slot {
            Some(slot) => match write(&path, slot) {
                Err(Error::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    std::fs::create_dir_all(&folder)
                        .map_err(|source| file_error(&folder, source))?;
                    write(&path, slot)
                }
                other => other,
            },
            None => match std::fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    Err(file_error(&path, source))
                }
                _ => Ok(()),
            },
        }
    }

    /// Keeps when the rules of a workspace run.
    pub(crate) fn write_timings(
        &self,
        workspace: &WorkspaceId,
        timings: &BTreeMap<String, Timing>,
    ) -> Result<(), Error> {
        let path = self.workspace_folder(workspace).join("schedule.json");
        write(&path, timings)
    }

    /// How far the clock was moved by hand, in seconds.
    pub(crate) fn moved(&self) -> Result<i64, Error> {
        Ok(read(&self.folder.join("clock.json"))?.unwrap_or(0))
    }

    /// Keeps how far the clock was moved by hand.
    pub(crate) fn write_moved(&self, seconds: i64) -> Result<(), Error> {
        write(&self.folder.join("clock.json"), &seconds)
    }

    /// Reads the rows of a workspace.
    fn read_logs(&self, workspace: &mut Workspace) -> Result<(), Error> {
        let id = workspace.facts.id();
        for path in entries(&self.workspace_folder(&id).join("logs"))? {
            let name = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .and_then(unescape);
            let (Some(name), true) = (name, path.extension() == Some("jsonl".as_ref())) else {
                continue;
            };
            let text = std::fs::read(&path).map_err(|source| file_error(&path, source))?;
            let whole = memchr::memrchr(b'\n', &text).map_or(0, |end| end + 1);
            let mut rest = &text[..whole];
            while !rest.is_empty() {
                let most = rest.len().min(BATCH);
                let end =
                    memchr::memchr(b'\n', &rest[most - 1..]).map_or(rest.len(), |at| most + at);
                let (batch, after) = rest.split_at(end);
                let declared = workspace.facts.schemas.get(&name).map(Vec::as_slice);
                workspace.logs.add(&name, declared, batch.into());
                rest = after;
            }
            if whole < text.len() {
                self.rewrite_rows(&id, &name, &workspace.logs)?;
            }
        }
        Ok(())
    }

    /// Appends rows to the file of a table.
    pub(crate) fn append_rows(
        &self,
        workspace: &WorkspaceId,
        table: &str,
        batch: &[u8],
    ) -> Result<(), Error> {
        let path = self.rows_path(workspace, table)?;
        let mut file = File::options()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(|source| file_error(&path, source))?;
        file.write_all(batch)
            .map_err(|source| file_error(&path, source))
    }

    /// Writes the file of a table anew, as its rows are now.
    pub(crate) fn rewrite_rows(
        &self,
        workspace: &WorkspaceId,
        table: &str,
        logs: &Logs,
    ) -> Result<(), Error> {
        let path = self.rows_path(workspace, table)?;
        let text: Vec<u8> = logs.batches(table).flatten().copied().collect();
        replace(&path, &text)
    }

    /// Forgets the rows of a workspace.
    pub(crate) fn remove_rows(&self, workspace: &WorkspaceId) -> Result<(), Error> {
        let folder = self.workspace_folder(workspace).join("logs");
        match std::fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(file_error(&folder, source))
            }
            _ => Ok(()),
        }
    }

    fn rows_path(&self, workspace: &WorkspaceId, table: &str) -> Result<PathBuf, Error> {
        let folder = self.workspace_folder(workspace).join("logs");
        std::fs::create_dir_all(&folder).map_err(|source| file_error(&folder, source))?;
        Ok(folder.join(format!("{}.jsonl", escape(table))))
    }

    fn workspace_folder(&self, id: &WorkspaceId) -> PathBuf {
        let name = format!("{}+{}+{}", id.subscription, id.resource_group, id.name);
        self.folder
            .join("workspaces")
            .join(escape(&name.to_lowercase()))
    }
}

fn file_error(path: &Path, source: io::Error) -> Error {
    Error::File {
        path: path.to_owned(),
        source,
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(file_error(folder, source)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|source| file_error(folder, source))?.path());
    }
    paths.sort();
    Ok(paths)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(file_error(path, source)),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|source| Error::Content {
            path: path.to_owned(),
            source,
        })
}

fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(value).map_err(|source| Error::Content {
        path: path.to_owned(),
        source,
    })?;
    replace(path, &text)
}

/// Puts new content in place of a file, whole.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), Error> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, content).map_err(|source| file_error(&beside, source))?;
    std::fs::rename(&beside, path).map_err(|source| file_error(path, source))
}

/// A file name that any resource name fits in: everything but letters, digits, `-`, `_` and `+` as `%XX`.
fn escape(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02x}"));
        }
    }
    text
}

/// The inverse of [`escape`].
fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_fits_in_a_file_name_and_comes_back() {
        for name in ["b5daebea-1da1", "a b/../c", "für", "%41", "x.json", ""] {
            assert_eq!(unescape(&escape(name)).as_deref(), Some(name));
            assert!(!escape(name).contains(['/', '.']));
        }
        assert_eq!(unescape("%4"), None);
    }

    #[test]
    fn a_folder_is_used_by_one_emulator_at_a_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = Store::open(folder.path().to_owned()).expect("nobody else is there");
        let second = Store::open(folder.path().to_owned());
        assert!(matches!(second, Err(Error::InUse { .. })));
        drop(first);
        assert!(Store::open(folder.path().to_owned()).is_ok());
    }
}
