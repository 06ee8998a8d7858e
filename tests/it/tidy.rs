//! The repository's own rules, as tests.

use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` whose name ends in `.rs`, with its text.
fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("the checkout can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("sources are text");
                files.push((
                    path.strip_prefix(root())
                        .expect("below the root")
                        .to_owned(),
                    text,
                ));
            }
        }
    }
    files.sort();
    files
}

/// The top-level module a source file belongs to.
fn module(path: &Path) -> String {
    let first = path
        .components()
        .nth(1)
        .expect("below src")
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Which modules a module may use; the table is explained in `ARCHITECTURE.md`.
const EDGES: &[(&str, &[&str])] = &[
    ("alert", &["duration", "mitre"]),
    ("api", &["duration"]),
    (
        "apply",
        &["api", "azure", "clock", "diag", "plan", "render"],
    ),
    ("azure", &["api", "clock", "duration"]),
    (
        "cases",
        &["alert", "diag", "engine", "kql", "render", "rule"],
    ),
    ("clock", &[]),
    ("coverage", &["api", "diag", "mitre", "rule"]),
    ("diag", &[]),
    ("docs", &["diag", "duration", "mitre", "rule"]),
    (
        "door",
        &[
            "diag", "engine", "kql", "lint", "project", "render", "report", "rule",
        ],
    ),
    ("drift", &["api", "diag", "plan"]),
    ("duration", &[]),
    (
        "emulator",
        &[
            "alert", "api", "clock", "duration", "engine", "kql", "mitre",
        ],
    ),
    ("engine", &["kql"]),
    ("import", &["api", "diag", "duration", "mitre", "rule"]),
    ("kql", &[]),
    ("lint", &["diag", "duration", "kql", "mitre", "rule"]),
    ("mitre", &[]),
    ("plan", &["api", "duration", "rule"]),
    ("project", &["diag", "duration", "lint", "rule"]),
    ("render", &["api", "diag", "duration", "mitre", "rule"]),
    ("report", &["api", "diag", "drift", "plan"]),
    ("rule", &["diag", "duration", "mitre"]),
];

#[test]
fn imports_go_only_where_the_table_says() {
    let mut wrong = Vec::new();
    for (path, text) in rust_files("src") {
        let from = module(&path);
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == from) else {
            assert!(
                matches!(from.as_str(), "cli" | "lib" | "main"),
                "`{from}` is not in the table of edges"
            );
            continue;
        };
        // What tests need of other modules is no edge of the product.
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let is_test = path
            .iter()
            .any(|part| part == "tests" || part == "tests.rs");
        for (number, line) in product.lines().enumerate().filter(|_| !is_test) {
            for rest in line.split("crate::").skip(1) {
                let to: String = rest
                    .chars()
                    .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                    .collect();
                if to != from
                    && !allowed.contains(&to.as_str())
                    && !line.trim_start().starts_with("//")
                {
                    wrong.push(format!(
                        "{}:{}: {from} may not use {to}",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Files that may be longer than 700 lines, each with the reason.
const LONG: &[(&str, &str)] = &[];

#[test]
fn files_stay_short() {
    for folder in ["src", "tests", "examples", "benches"] {
        for (path, text) in rust_files(folder) {
            let lines = text.lines().count();
            let known = LONG.iter().any(|(long, _)| Path::new(long) == path);
            assert!(
                lines <= 700 || known,
                "{} has {lines} lines: which two purposes does it hold?",
                path.display()
            );
        }
    }
}

#[test]
fn nothing_is_left_to_be_done_in_the_code() {
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("#[ig", "nore"),
        concat!("#[should", "_panic"),
    ];
    for folder in ["src", "tests", "examples", "benches"] {
        for (path, text) in rust_files(folder) {
            for mark in marks {
                assert!(!text.contains(mark), "{} holds {mark}", path.display());
            }
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for (path, text) in rust_files("src") {
        assert!(
            text.starts_with("//!"),
            "{} does not open with a module comment",
            path.display()
        );
    }
}
