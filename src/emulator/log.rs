//! What was asked of the emulator, for tests and for the curious.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::sync::Mutex;

use serde::Serialize;
use serde_json::Value;

/// Requests kept; older ones are counted and dropped.
const KEPT: usize = 20_000;

/// The newest requests.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    inner: Mutex<Inner>,
    file: Option<Mutex<File>>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Entry>,
    dropped: u64,
}

/// One request and how it was answered.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    /// When, by the emulator's time.
    pub(crate) at: String,
    /// Method.
    pub(crate) method: String,
    /// Path without query.
    pub(crate) path: String,
    /// Query as it came.
    pub(crate) query: String,
    /// Version asked for, empty when none was.
    pub(crate) api_version: String,
    /// Status; none when the connection was dropped without an answer.
    pub(crate) status: Option<u16>,
    /// JSON body of a PUT or PATCH to Azure Resource Manager; sign-in bodies hold secrets and are not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Value>,
    /// `x-ms-client-request-id` as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_request_id: Option<String>,
    /// `User-Agent` as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user_agent: Option<String>,
    /// The fault that struck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<&'static str>,
}

impl RequestLog {
    /// A log that also goes to a file, one JSON object a line.
    pub(crate) fn with_file(file: File) -> Self {
        Self {
            inner: Mutex::default(),
            file: Some(Mutex::new(file)),
        }
    }

    /// Keeps an entry.
    pub(crate) fn push(&self, entry: Entry) {
        if let (Some(file), Ok(line)) = (&self.file, serde_json::to_string(&entry)) {
            let mut file = file.lock().expect("no holder of this lock panics");
            // A log that cannot be written is no reason to refuse a request.
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
        let mut inner = self.inner.lock().expect("no holder of this lock panics");
        if inner.entries.len() == KEPT {
            inner.entries.pop_front();
            inner.dropped += 1;
        }
        inner.entries.push_back(entry);
    }

    /// The entries, oldest first, and how many older ones were dropped.
    pub(crate) fn read(&self) -> (Vec<Entry>, u64) {
        let inner = self.inner.lock().expect("no holder of this lock panics");
        (inner.entries.iter().cloned().collect(), inner.dropped)
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        *self.inner.lock().expect("no holder of this lock panics") = Inner::default();
    }
}
