//! How long `validate` takes over a large repository, KQL check included, and how much memory.
//!
//! `cargo bench --bench validate` writes 2,000 rules like real ones, runs the program over them as a process of its
//! own, and prints each figure with its target. It fails when a target is missed. With `RULEPOST_SHARED` set, the
//! real rules there are measured too.
//!
//! | what | target |
//! | --- | --- |
//! | 2,000 rule files | at most 1.5 s on two cores |
//! | the same | at most 150 MB at the peak of the program |
//!
//! Measured on two idle cores, 25 November 2026: 2,000 files in 0.20 s at 47 MB; the 1,565 real files in 0.27 s at
//! 50 MB.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a program that measures, starts processes and prints what it found"
)]

mod figure;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use serde_json::Value;

use figure::{PROGRAM, folder, peak_of_ended_programs, show, write_rules};

const FILES: u32 = 2_000;

/// Runs over the same files that count; the fastest tells what the program takes, the others what else went on.
const RUNS: usize = 3;

/// What a run of `validate` said and took.
struct Run {
    seconds: f64,
    files: u64,
    rules: u64,
    findings: usize,
}

fn validate(folder: &Path, rules: &str) -> Run {
    let begun = Instant::now();
    let output = Command::new(PROGRAM)
        .args(["validate", rules, "--format", "json", "-q"])
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .expect("the program starts");
    let seconds = begun.elapsed().as_secs_f64();
    let report: Value = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    let summary = &report["summary"];
    Run {
        seconds,
        files: summary["files"].as_u64().expect("a number"),
        rules: summary["rules"].as_u64().expect("a number"),
        findings: report["findings"].as_array().expect("a list").len(),
    }
}

/// Measures the rules of a folder; the target of the time is for so many files.
fn measure(what: &str, folder: &Path, rules: &str) -> bool {
    let mut runs: Vec<Run> = (0..RUNS).map(|_| validate(folder, rules)).collect();
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let slowest = runs[RUNS - 1].seconds;
    let best = &runs[0];
    assert!(best.rules > 0, "no rules in {rules}");
    let files = f64::from(u32::try_from(best.files).expect("some thousands"));
    let target = 1.5 * files / f64::from(FILES);
    let first = show(
        &format!("{what}, {} files, seconds", best.files),
        best.seconds,
        target,
        &format!(
            "{:.2} of the target, slowest of {RUNS} runs {slowest:.3} s, {:.0} files a second; {} rules, {} findings",
            best.seconds / target,
            files / best.seconds,
            best.rules,
            best.findings
        ),
    );
    let Some(peak) = peak_of_ended_programs() else {
        println!("skipped memory: this system does not tell how much a program used");
        return first;
    };
    let second = show(&format!("{what}, peak memory in MB"), peak, 150.0, "");
    first && second
}

fn main() -> ExitCode {
    if !figure::is_wanted() {
        return ExitCode::SUCCESS;
    }
    let folder = folder();
    let bytes = write_rules(&folder.path().join("rules"), 0..FILES);
    println!("{FILES} files of {bytes} bytes");
    let mut within = measure("generated rules", folder.path(), "rules");
    let corpus =
        std::env::var_os("RULEPOST_SHARED").map(|shared| Path::new(&shared).join("corpus"));
    match corpus.filter(|corpus| corpus.join("yaml").is_dir()) {
        Some(corpus) => within &= measure("real rules", &corpus, "yaml"),
        None => println!("skipped real rules: RULEPOST_SHARED names no folder with corpus/"),
    }
    if within {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
