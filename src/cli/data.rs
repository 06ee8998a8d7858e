//! Tables from files: CSV whole, JSON lines as a stream that holds one block at a time.

#![allow(
    clippy::disallowed_methods,
    reason = "this is where data files are read"
)]

use std::collections::VecDeque;
use std::fs::File;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use crate::cli::error::Error;
use crate::cli::file;
use crate::engine;
use crate::engine::Column;
use crate::engine::Filter;
use crate::engine::Row;
use crate::engine::Rows;
use crate::engine::Source;
use crate::engine::Table;
use crate::engine::Value;
use crate::engine::data;
use crate::engine::data::NoObject;
use crate::kql::Schema;

/// How many lines tell the types of a file's columns.
const SAMPLE: usize = 1000;
/// Bytes of one block that a thread takes.
const BLOCK: usize = 1 << 20;

/// The table in a file: CSV by its ending, a JSON array, or JSON lines. `name` gives the types of known tables.
pub(crate) fn table(name: &str, path: &Path, schema: &Schema) -> Result<Box<dyn Source>, Error> {
    let known = data::known_columns(name, schema);
    let ending = path
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default();
    if ending.eq_ignore_ascii_case("csv") {
        return Ok(Box::new(data::table_of_csv(&file::read(path)?, &known)));
    }
    let mut reader = BufReader::new(open(path)?);
    let mut records = Vec::new();
    let mut line = String::new();
    while records.len() < SAMPLE {
        line.clear();
        let read = reader
            .read_line(&mut line)
            .map_err(|source| failed(path, source))?;
        if read == 0 {
            break;
        }
        if records.is_empty() && line.trim_start().starts_with('[') {
            return Ok(Box::new(array(path, &known)?));
        }
        match engine::json::parse(line.trim()) {
            Some(record) => records.push(record),
            None if line.trim().is_empty() => {}
            None => {
                return Err(Error::Usage {
                    message: format!("`{}` holds a line that is no JSON", path.display()),
                    help: "a table file is CSV with a header, a JSON array, or one JSON object for each line".to_owned(),
                });
            }
        }
    }
    Ok(Box::new(JsonLines {
        columns: data::columns_of(records.iter(), &known),
        path: path.to_owned(),
    }))
}

/// The rows of a file in memory, for watchlists.
pub(crate) fn whole(name: &str, path: &Path, schema: &Schema) -> Result<Table, Error> {
    let source = table(name, path, schema)?;
    let columns = source.columns().to_vec();
    let rows = source
        .scan((0..columns.len()).collect(), None)
        .collect::<engine::Result<_>>();
    Ok(Table {
        columns,
        rows: rows.map_err(Error::Query)?,
    })
}

fn array(path: &Path, known: &[Column]) -> Result<Table, Error> {
    match engine::json::parse(file::read(path)?.trim()) {
        Some(Value::Array(records)) => Ok(data::table_of(&records, known)),
        _ => Err(Error::Usage {
            message: format!("`{}` is not a JSON array", path.display()),
            help:
                "a table file is CSV with a header, a JSON array, or one JSON object for each line"
                    .to_owned(),
        }),
    }
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|source| failed(path, source))
}

fn failed(path: &Path, source: std::io::Error) -> Error {
    Error::Read {
        path: path.to_owned(),
        source,
    }
}

/// A file of JSON lines, read anew for each scan.
#[derive(Debug)]
struct JsonLines {
    columns: Vec<Column>,
    path: PathBuf,
}

impl Source for JsonLines {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn scan(&self, wanted: Vec<usize>, keep: Option<Filter>) -> Rows<'_> {
        let wanted: Arc<[Column]> = wanted
            .into_iter()
            .map(|i| self.columns[i].clone())
            .collect();
        match File::open(&self.path) {
            Ok(file) => Box::new(Scan::start(file, self.path.clone(), wanted, keep)),
            Err(error) => Box::new(std::iter::once(Err(engine::Error::Data(format!(
                "cannot read `{}`: {error}",
                self.path.display()
            ))))),
        }
    }
}

/// What became of one block.
type Block = Result<Vec<Row>, engine::Error>;

/// A scan on all cores: blocks are read here in order, taken apart by threads, and given back in order.
struct Scan {
    blocks: Option<Box<dyn Iterator<Item = std::io::Result<Vec<u8>>> + Send>>,
    running: VecDeque<mpsc::Receiver<Block>>,
    work: Option<mpsc::SyncSender<(Vec<u8>, mpsc::SyncSender<Block>)>>,
    ready: std::vec::IntoIter<Row>,
    path: PathBuf,
    most: usize,
}

impl Scan {
    #[allow(
        clippy::needless_pass_by_value,
        reason = "the threads take clones, and a scan owns what it was given"
    )]
    fn start(file: File, path: PathBuf, wanted: Arc<[Column]>, keep: Option<Filter>) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let most = threads * 2;
        let (send, receive) = mpsc::sync_channel::<(Vec<u8>, mpsc::SyncSender<Block>)>(most);
        let receive = Arc::new(std::sync::Mutex::new(receive));
        for _ in 0..threads {
            let receive = Arc::clone(&receive);
            let wanted = Arc::clone(&wanted);
            let keep = keep.clone();
            let path = path.clone();
            thread::spawn(move || {
                loop {
                    let next = match receive.lock() {
                        Ok(receiver) => receiver.recv(),
                        Err(_) => return,
                    };
                    let Ok((block, answer)) = next else {
                        return;
                    };
                    // Nobody waits any more where the query took enough rows.
                    let _ = answer.send(rows_of(&block, &wanted, keep.as_ref(), &path));
                }
            });
        }
        Self {
            blocks: Some(Box::new(blocks(file))),
            running: VecDeque::new(),
            work: Some(send),
            ready: Vec::new().into_iter(),
            path,
            most,
        }
    }
}

impl Iterator for Scan {
    type Item = engine::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.ready.next() {
                return Some(Ok(row));
            }
            while self.running.len() < self.most {
                let Some(blocks) = &mut self.blocks else {
                    break;
                };
                match blocks.next() {
                    None => {
                        self.blocks = None;
                        self.work = None;
                    }
                    Some(Err(error)) => {
                        self.blocks = None;
                        return Some(Err(engine::Error::Data(format!(
                            "cannot read `{}`: {error}",
                            self.path.display()
                        ))));
                    }
                    Some(Ok(block)) => {
                        let (send, receive) = mpsc::sync_channel(1);
                        if let Some(work) = &self.work
                            && work.send((block, send)).is_ok()
                        {
                            self.running.push_back(receive);
                        }
                    }
                }
            }
            match self.running.pop_front()?.recv() {
                Ok(Ok(rows)) => self.ready = rows.into_iter(),
                Ok(Err(error)) => return Some(Err(error)),
                Err(_) => {
                    return Some(Err(engine::Error::Data(
                        "a reading thread ended early".to_owned(),
                    )));
                }
            }
        }
    }
}

/// The file in blocks that end where a line ends.
fn blocks(mut file: File) -> impl Iterator<Item = std::io::Result<Vec<u8>>> + Send {
    let mut rest: Vec<u8> = Vec::new();
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let mut block = std::mem::take(&mut rest);
        loop {
            let before = block.len();
            let read = match (&mut file).take(BLOCK as u64).read_to_end(&mut block) {
                Ok(read) => read,
                Err(error) => {
                    done = true;
                    return Some(Err(error));
                }
            };
            if read == 0 {
                done = true;
                return (!block.is_empty()).then_some(Ok(block));
            }
            if let Some(end) = memchr::memrchr(b'\n', &block[before..]) {
                rest = block.split_off(before + end + 1);
                return Some(Ok(block));
            }
        }
    })
}

fn rows_of(block: &[u8], wanted: &Arc<[Column]>, keep: Option<&Filter>, path: &Path) -> Block {
    let mut rows = Vec::new();
    let mut reader = data::LineReader::new(Arc::clone(wanted), keep.cloned());
    let mut start = 0;
    while start < block.len() {
        let end = memchr::memchr(b'\n', &block[start..]).map_or(block.len(), |at| start + at);
        let line = &block[start..end];
        start = end + 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let row = reader.read(line).map_err(|NoObject| {
            engine::Error::Data(format!(
                "`{}` holds a line that is no JSON object",
                path.display()
            ))
        })?;
        rows.extend(row);
    }
    Ok(rows)
}
