//! Runs the program in a throw-away project with nothing leaking in from outside.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A run of the program being prepared.
#[derive(Debug)]
pub(crate) struct Rulepost {
    dir: Option<TempDir>,
    cwd: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    stdin: String,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Output {
    /// Exit code; -1 when a signal ended the run.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// Keeps the project until the output was looked at.
    _dir: Option<TempDir>,
}

impl Rulepost {
    /// A run in an empty folder of its own.
    pub(crate) fn new() -> Self {
        let dir = TempDir::with_prefix("rulepost-test-").expect("a temporary folder can be made");
        let cwd = dir.path().to_owned();
        Self {
            dir: Some(dir),
            cwd,
            args: Vec::new(),
            env: Vec::new(),
            stdin: String::new(),
        }
    }

    /// A run in a folder that outlives it.
    pub(crate) fn in_dir(cwd: impl AsRef<Path>) -> Self {
        Self {
            dir: None,
            cwd: cwd.as_ref().to_owned(),
            args: Vec::new(),
            env: Vec::new(),
            stdin: String::new(),
        }
    }

    /// Writes a file of the project first.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.cwd.join(path);
        let parent = path.parent().expect("a file has a folder");
        std::fs::create_dir_all(parent).expect("the project folder is ours");
        std::fs::write(path, content).expect("the project folder is ours");
        self
    }

    /// Adds arguments.
    pub(crate) fn args<I: IntoIterator<Item = S>, S: Into<String>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    /// Gives standard input.
    pub(crate) fn stdin(mut self, text: impl Into<String>) -> Self {
        self.stdin = text.into();
        self
    }

    /// The folder the run happens in.
    pub(crate) fn dir(&self) -> &Path {
        &self.cwd
    }

    /// The process to start, for tests that need to hold on to it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rulepost"));
        command.current_dir(&self.cwd).args(&self.args).env_clear();
        for name in ["PATH", "HOME", "TMPDIR", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs to the end.
    pub(crate) fn run(self) -> Output {
        let mut command = self.command();
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A program that ends without reading closes the pipe; that is its right.
        let _ = child
            .stdin
            .take()
            .expect("piped")
            .write_all(self.stdin.as_bytes());
        let output = child.wait_with_output().expect("the program ends");
        super::contract::check_local_log(&self.cwd);
        let scrub = |bytes: Vec<u8>| {
            let text =
                String::from_utf8_lossy(&bytes).replace(&*self.cwd.to_string_lossy(), "[DIR]");
            text.replace("\r\n", "\n")
        };
        Output {
            code: output.status.code().unwrap_or(-1),
            stdout: scrub(output.stdout),
            stderr: scrub(output.stderr),
            _dir: self.dir,
        }
    }
}
