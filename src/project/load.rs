//! Reading every rule of a project, many files at a time.

#![allow(
    clippy::disallowed_methods,
    reason = "this is where rule files are read"
)]

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::diag::{Diagnostic, Fix, SourceFile, SourceId, SourceMap, Span};
use crate::project::Error;
use crate::project::discover::discover;
use crate::project::text::decode;
use crate::rule::classify::Content;
use crate::rule::lower::{File, lower};
use crate::rule::yaml::{self, Comment, MAX_BYTES};
use crate::rule::{Rule, codes};

/// Everything that was read.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The texts.
    pub(crate) sources: SourceMap,
    /// The rules that can be deployed as far as reading tells, in the order of their files.
    pub(crate) rules: Vec<Rule>,
    /// Rules that lack something the service requires, with stand-ins: for lints, never to be deployed.
    pub(crate) incomplete: Vec<Rule>,
    /// What is no rule.
    pub(crate) skipped: Vec<Skipped>,
    /// What is wrong, in the order of the files.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The comments of every text.
    pub(crate) comments: Vec<Comment>,
    /// How many files were looked at.
    pub(crate) files: usize,
}

/// A file, or a document of a file, that is no deployable rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// The file.
    pub(crate) path: PathBuf,
    /// Where in it.
    pub(crate) span: Span,
    /// What it is instead.
    pub(crate) content: Content,
}

/// What one file gave.
struct Read {
    index: usize,
    source: SourceFile,
    file: File,
    comments: Vec<Comment>,
}

/// Reads the YAML files that `paths` name.
pub(crate) fn load(paths: &[PathBuf]) -> Result<Loaded, Error> {
    Ok(load_files(&discover(paths)?))
}

/// Reads exactly these files. The result depends on their order, not on which is read first.
pub(crate) fn load_files(files: &[PathBuf]) -> Loaded {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = files.get(index) else {
                return done;
            };
            done.push(read_file(index, path));
        }
    };
    let mut read: Vec<Read> = if threads == 1 || files.len() < 8 {
        work()
    } else {
        thread::scope(|scope| {
            let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let joined = handles.into_iter().map(thread::ScopedJoinHandle::join);
            joined
                .flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        })
    };
    read.sort_by_key(|read| read.index);
    let mut loaded = Loaded {
        files: files.len(),
        ..Loaded::default()
    };
    for read in read {
        take(&mut loaded, read);
    }
    loaded
}

/// Reads rules from a text that is no file.
pub(crate) fn load_text(path: &Path, text: String) -> Loaded {
    let mut loaded = Loaded {
        files: 1,
        ..Loaded::default()
    };
    take(&mut loaded, understand(0, path, text.into_bytes()));
    loaded
}

fn take(loaded: &mut Loaded, read: Read) {
    let path = read.source.path().to_owned();
    loaded.sources.add(read.source);
    for lowered in read.file.rules {
        let list = if lowered.usable {
            &mut loaded.rules
        } else {
            &mut loaded.incomplete
        };
        list.push(lowered.rule);
    }
    let skipped = read.file.skipped.into_iter().map(|skipped| Skipped {
        path: path.clone(),
        span: skipped.span,
        content: skipped.content,
    });
    loaded.skipped.extend(skipped);
    loaded.diagnostics.extend(read.file.diagnostics);
    loaded.comments.extend(read.comments);
}

fn read_file(index: usize, path: &Path) -> Read {
    match read_bytes(path) {
        Ok(bytes) => understand(index, path, bytes),
        Err(error) => {
            let source = source_id(index);
            let message = format!("cannot read the file: {}", reason(&error));
            let diagnostic =
                Diagnostic::new(&codes::UNREADABLE_FILE, Span::new(source, 0, 0), message)
                    .help("the rules in it are unknown; make the file readable or leave it out");
            Read {
                index,
                source: SourceFile::new(path, ""),
                file: File {
                    diagnostics: vec![diagnostic],
                    ..File::default()
                },
                comments: Vec::new(),
            }
        }
    }
}

/// Reads one byte more than is understood, so that a larger file is known to be larger without being read.
fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The reason of a failure in the same words on every system.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

fn source_id(index: usize) -> SourceId {
    SourceId(u32::try_from(index).unwrap_or(u32::MAX))
}

fn understand(index: usize, path: &Path, bytes: Vec<u8>) -> Read {
    let source = source_id(index);
    let decoded = decode(bytes);
    let mut stream = yaml::read(source, &decoded.text);
    let mut file = lower(source, path, &decoded.text, &stream);
    if let Some((offset, encoding)) = decoded.foreign {
        let message = format!("the file is not UTF-8 from here on; it is read as {encoding}");
        let place = Span::new(source, offset, offset);
        file.diagnostics.push(
            Diagnostic::new(&codes::NOT_UTF8, place, message)
                .help("other tools may read other characters; save the file as UTF-8")
                .fix(Fix {
                    title: "save the file as UTF-8".to_owned(),
                    edits: Vec::new(),
                }),
        );
    }
    if let Some(problem) = stream.problem.take() {
        file.diagnostics.push(problem.diagnostic());
    }
    file.diagnostics
        .sort_by_key(|diagnostic| diagnostic.primary.span);
    Read {
        index,
        source: SourceFile::new(path, decoded.text),
        file,
        comments: stream.comments,
    }
}
