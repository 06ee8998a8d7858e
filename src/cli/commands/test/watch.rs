//! Waiting for rule and test files to change.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;

use crate::cli::error::Error;

/// Editors write a file in several steps; what comes within this time is one change.
const TOGETHER: Duration = Duration::from_millis(150);

/// Watches files and folders until it is dropped.
#[derive(Debug)]
pub(super) struct Changes {
    changed: mpsc::UnboundedReceiver<PathBuf>,
    // Watching ends with it.
    watcher: RecommendedWatcher,
    /// What was asked to be watched, with all that is in it.
    roots: Vec<PathBuf>,
    /// Folders that are watched beside those.
    folders: BTreeSet<PathBuf>,
}

impl Changes {
    /// Watches folders with all that is in them, and the folders of files: an editor that saves by renaming puts
    /// another file in the place of the watched one.
    pub(super) fn of(paths: &[PathBuf]) -> Result<Self, Error> {
        let (send, changed) = mpsc::unbounded_channel();
        let tell = move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            if event.kind.is_access() {
                return;
            }
            for path in event.paths {
                // Nobody is left to be told when the run ends.
                let _ = send.send(real(&path));
            }
        };
        let mut watcher = notify::recommended_watcher(tell).map_err(Error::Watch)?;
        for path in paths {
            let (folder, mode) = if path.is_dir() {
                (path.as_path(), RecursiveMode::Recursive)
            } else {
                let folder = path
                    .parent()
                    .filter(|folder| !folder.as_os_str().is_empty());
                (
                    folder.unwrap_or(Path::new(".")),
                    RecursiveMode::NonRecursive,
                )
            };
            watcher.watch(folder, mode).map_err(Error::Watch)?;
        }
        Ok(Self {
            changed,
            watcher,
            roots: paths.iter().map(|path| real(path)).collect(),
            folders: BTreeSet::new(),
        })
    }

    /// Watches the folders of these files too, where nothing watches them yet.
    pub(super) fn also(&mut self, files: &BTreeSet<PathBuf>) {
        for file in files {
            let folder = file.parent().unwrap_or(Path::new(""));
            let folder = real(if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            });
            let is_known = self.roots.iter().any(|root| folder.starts_with(root));
            if is_known || self.folders.contains(&folder) {
                continue;
            }
            // A folder that is not there has nothing to watch; the fault of the missing file is told anyway.
            if self
                .watcher
                .watch(&folder, RecursiveMode::NonRecursive)
                .is_ok()
            {
                self.folders.insert(folder);
            }
        }
    }

    /// The files that changed next; none where Ctrl-C came first.
    pub(super) async fn next(&mut self) -> Option<BTreeSet<PathBuf>> {
        let first = tokio::select! {
            _ = tokio::signal::ctrl_c() => return None,
            first = self.changed.recv() => first?,
        };
        let mut changed = BTreeSet::from([first]);
        while let Ok(Some(more)) = tokio::time::timeout(TOGETHER, self.changed.recv()).await {
            changed.insert(more);
        }
        Some(changed)
    }
}

/// One spelling for a path; one that is gone keeps its own.
pub(super) fn real(path: &Path) -> PathBuf {
    let there = path.canonicalize();
    there.unwrap_or_else(|_| {
        let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
        match (folder, path.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => path.to_owned(),
        }
    })
}
