//! How near a deployment comes to the time that the service itself dictates.
//!
//! `cargo bench --bench deploy` starts the emulator with faults and the program against it, both as processes of
//! their own, and prints each figure as a ratio with its target. It fails when a target is missed.
//!
//! | what | target |
//! | --- | --- |
//! | 500 new rules, 100 ms added to each request, 16 at once | at most 1.15 x requests x latency / 16 |
//! | 300 writes under a token bucket (25 at once, 10 more each second) | at most 1.10 x the bucket's own time, at most 3 answers of 429 |
//! | dry run of 500 unchanged rules | the pages of both lists and at most 3 requests more |
//!
//! Measured on two busy cores, 24 November 2026: 1.110, 1.004 with no answer of 429, and 3 requests.
//!
//! The emulator's folder is put on memory where there is such a place (`/dev/shm`), because its disk is no part of
//! what is measured.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a program that measures, starts processes and prints what it found"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_rulepost");
const CONCURRENCY: u32 = 16;

/// An emulator that misbehaves as told.
struct Emulator {
    child: Child,
    ready: Value,
}

impl Emulator {
    fn start(folder: &Path, faults: &Value) -> Self {
        let path = folder.join("faults.json");
        std::fs::write(&path, faults.to_string()).expect("the folder is ours");
        let mut child = Command::new(PROGRAM)
            .arg("emulator")
            .arg("--data-dir")
            .arg(folder.join("data"))
            .arg("--faults")
            .arg(path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the emulator starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("it prints text");
        let ready = serde_json::from_str(&line).expect("the ready line is JSON");
        Self { child, ready }
    }

    /// Runs a deployment, and gives the seconds it took.
    fn deploy(&self, rules: &Path, flag: &str) -> f64 {
        let variables: BTreeMap<&str, &str> = self.ready["env"]
            .as_object()
            .expect("the record has it")
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .collect();
        let begun = Instant::now();
        let status = Command::new(PROGRAM)
            .arg("deploy")
            .arg(rules)
            .arg(flag)
            .args(["--concurrency", &CONCURRENCY.to_string()])
            .envs(variables)
            .stdout(Stdio::null())
            .status()
            .expect("the program starts");
        assert!(status.success(), "the deployment failed");
        begun.elapsed().as_secs_f64()
    }

    /// Method, path and status of every request so far, those of the token endpoint included.
    fn requests(&self) -> Vec<Value> {
        let listen = self.ready["listen"].as_str().expect("the record has it");
        let mut stream = TcpStream::connect(listen).expect("it listens");
        let request = format!(
            "GET /__admin/requests HTTP/1.1\r\nhost: {listen}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        let log: Value = serde_json::from_str(body).expect("the log is JSON");
        log["requests"].as_array().expect("a list").clone()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        TempDir::with_prefix_in("rulepost-bench-", memory)
    } else {
        TempDir::with_prefix("rulepost-bench-")
    };
    made.expect("a temporary folder can be made")
}

fn write_rules(folder: &Path, count: u32) {
    std::fs::create_dir_all(folder).expect("the folder is ours");
    for number in 0..count {
        let id = format!("7c3f0000-0000-4000-8000-{number:012x}");
        let text = format!(
            "id: {id}\nname: Rule {number}\ndescription: A rule made for measuring.\nkind: Scheduled\n\
             severity: Medium\nqueryFrequency: 1h\nqueryPeriod: 1h\ntriggerOperator: gt\ntriggerThreshold: 0\n\
             tactics: [InitialAccess]\nrelevantTechniques: [T1078]\nquery: |\n  SigninLogs\n  | where ResultType == {number}\n\
             \x20 | project TimeGenerated, UserPrincipalName\nversion: 1.0.0\n"
        );
        let path = folder.join(format!("rule-{number:03}.yaml"));
        std::fs::write(path, text).expect("the folder is ours");
    }
}

/// Prints a figure, and says whether it is within its target.
fn show(what: &str, found: f64, target: f64, more: &str) -> bool {
    let within = found <= target;
    let word = if within { "ok" } else { "MISSED" };
    println!("{word:<7} {what}: {found:.3} (target {target:.2}); {more}");
    within
}

/// 500 new rules with 100 ms on each request; then the dry run that finds nothing to do.
fn latency() -> bool {
    let folder = folder();
    let rules = folder.path().join("rules");
    write_rules(&rules, 500);
    let emulator = Emulator::start(folder.path(), &json!({"latencyMs": 100, "script": []}));
    let seconds = emulator.deploy(&rules, "--yes");
    let before = emulator.requests().len();
    let requests = u32::try_from(before).expect("a few thousand");
    let ideal = f64::from(requests) * 0.1 / f64::from(CONCURRENCY);
    let first = show(
        "500 new rules at 100 ms, time over requests x latency / concurrency",
        seconds / ideal,
        1.15,
        &format!("{seconds:.2} s for {requests} requests, ideal {ideal:.2} s"),
    );
    emulator.deploy(&rules, "--dry-run");
    let all = emulator.requests();
    let lists = |part: &str| {
        all[before..]
            .iter()
            .filter(|one| {
                one["path"]
                    .as_str()
                    .is_some_and(|path| path.ends_with(part))
            })
            .count()
    };
    let pages = lists("/alertRules") + lists("/metadata");
    let more = u32::try_from(all.len() - before - pages).expect("a handful");
    let writes = all[before..].iter().any(|one| {
        let write = one["method"] == "PUT" || one["method"] == "DELETE";
        write || (one["method"] == "POST" && !one["path"].to_string().contains("oauth2"))
    });
    assert!(!writes, "a dry run writes nothing");
    let second = show(
        "dry run of 500 unchanged rules, requests beside the pages of the lists",
        f64::from(more),
        3.0,
        &format!("{pages} pages"),
    );
    first && second
}

/// 150 new rules, each with its mark: 300 writes.
fn bucket() -> bool {
    let folder = folder();
    let rules = folder.path().join("rules");
    write_rules(&rules, 150);
    let faults = json!({"throttle": {"burst": 25, "refillPerSecond": 10}, "script": []});
    let emulator = Emulator::start(folder.path(), &faults);
    let seconds = emulator.deploy(&rules, "--yes");
    let all = emulator.requests();
    let count = |test: &dyn Fn(&Value) -> bool| all.iter().filter(|one| test(one)).count();
    let refused = count(&|one| one["status"] == 429);
    let writes = count(&|one| one["method"] == "PUT" && one["status"] != 429);
    let minimum = (f64::from(u32::try_from(writes).expect("300")) - 25.0) / 10.0;
    let first = show(
        "300 writes under a token bucket, time over the bucket's own",
        seconds / minimum,
        1.10,
        &format!("{seconds:.2} s for {writes} writes, minimum {minimum:.2} s"),
    );
    let second = show(
        "300 writes under a token bucket, answers of 429",
        f64::from(u32::try_from(refused).expect("a few")),
        3.0,
        "",
    );
    first && second
}

fn main() -> ExitCode {
    // `cargo test --benches` runs this too, to see that it builds.
    if std::env::args().any(|arg| arg == "--test") || !std::env::args().any(|arg| arg == "--bench")
    {
        return ExitCode::SUCCESS;
    }
    let within = [latency(), bucket()];
    if within.iter().all(|one| *one) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
