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
//! | 10,000 rules in 20 workspaces, created, found unchanged and updated | at most 200 MB at the peak of the program |
//!
//! Measured on two idle cores, 25 November 2026, all in one run: 1.106; 1.002 with no answer of 429; 3 requests;
//! 140 MB for creating 10,000 rules, 145 MB for finding them unchanged, 192 MB for updating them all.
//!
//! The emulator's folder is put on memory where there is such a place (`/dev/shm`), because its disk is no part of
//! what is measured.

#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a program that measures, starts processes and prints what it found"
)]

mod figure;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use figure::{PROGRAM, folder, peak_of_ended_programs, show, write_rules};

const CONCURRENCY: u32 = 16;

/// An emulator that misbehaves as told.
struct Emulator {
    child: Child,
    ready: Value,
}

impl Emulator {
    fn start(folder: &Path, faults: &Value) -> Self {
        Self::seeded(folder, faults, &json!({}))
    }

    /// One with more workspaces.
    fn seeded(folder: &Path, faults: &Value, seed: &Value) -> Self {
        let seeds = folder.join("seed.json");
        std::fs::write(&seeds, seed.to_string()).expect("the folder is ours");
        let path = folder.join("faults.json");
        std::fs::write(&path, faults.to_string()).expect("the folder is ours");
        let mut child = Command::new(PROGRAM)
            .arg("emulator")
            .arg("--data-dir")
            .arg(folder.join("data"))
            .arg("--faults")
            .arg(path)
            .arg("--seed")
            .arg(seeds)
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

    /// Runs a deployment of the rules of a folder, and gives the seconds it took.
    fn deploy(&self, folder: &Path, flags: &[&str]) -> f64 {
        let variables: BTreeMap<&str, &str> = self.ready["env"]
            .as_object()
            .expect("the record has it")
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .collect();
        let begun = Instant::now();
        let status = Command::new(PROGRAM)
            .arg("deploy")
            .args(flags)
            .args(["--concurrency", &CONCURRENCY.to_string()])
            .current_dir(folder)
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

/// 500 new rules with 100 ms on each request; then the dry run that finds nothing to do.
fn latency() -> bool {
    let folder = folder();
    let rules = folder.path().join("rules");
    write_rules(&rules, 0..500);
    let emulator = Emulator::start(folder.path(), &json!({"latencyMs": 100, "script": []}));
    let seconds = emulator.deploy(folder.path(), &["--yes"]);
    let before = emulator.requests().len();
    let requests = u32::try_from(before).expect("a few thousand");
    let ideal = f64::from(requests) * 0.1 / f64::from(CONCURRENCY);
    let first = show(
        "500 new rules at 100 ms, time over requests x latency / concurrency",
        seconds / ideal,
        1.15,
        &format!("{seconds:.2} s for {requests} requests, ideal {ideal:.2} s"),
    );
    emulator.deploy(folder.path(), &["--dry-run"]);
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
    write_rules(&rules, 0..150);
    let faults = json!({"throttle": {"burst": 25, "refillPerSecond": 10}, "script": []});
    let emulator = Emulator::start(folder.path(), &faults);
    let seconds = emulator.deploy(folder.path(), &["--yes"]);
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

/// Targets of the run that is weighed, each with so many rules of its own: a workspace has room for 512.
const TARGETS: u32 = 20;
const RULES_OF_EACH: u32 = 500;

/// 10,000 rules in 20 workspaces: all created, then found unchanged, then all updated.
fn memory() -> bool {
    let folder = folder();
    let rules = folder.path().join("rules");
    let mut bytes = 0;
    let mut toml = String::from("[guard]\nmax-percent = 100\n");
    let mut workspaces = Vec::new();
    for target in 0..TARGETS {
        let numbers = target * RULES_OF_EACH..(target + 1) * RULES_OF_EACH;
        bytes += write_rules(&rules.join(format!("{target:02}")), numbers);
        workspaces.push(json!({"name": format!("ws-{target:02}")}));
        toml.push_str(&format!(
            "[targets.t{target:02}]\nworkspace = \"ws-{target:02}\"\ninclude = [\"rules/{target:02}/*\"]\n"
        ));
    }
    std::fs::write(folder.path().join("rulepost.toml"), &toml).expect("the folder is ours");
    let emulator = Emulator::seeded(
        folder.path(),
        &json!({"script": []}),
        &json!({"workspaces": workspaces}),
    );
    let run = |flags: &[&str]| {
        let seconds = emulator.deploy(folder.path(), flags);
        (seconds, peak_of_ended_programs())
    };
    let created = run(&["--yes", "--all-targets"]);
    let unchanged = run(&["--dry-run", "--all-targets"]);
    let severity = "[[targets.NAME.overrides]]\nrules = [\"*\"]\nseverity = \"High\"\n";
    for target in 0..TARGETS {
        toml.push_str(&severity.replace("NAME", &format!("t{target:02}")));
    }
    std::fs::write(folder.path().join("rulepost.toml"), &toml).expect("the folder is ours");
    let updated = run(&["--yes", "--all-targets"]);
    let (_, Some(peak)) = updated else {
        println!("skipped memory: this system does not tell how much a program used");
        return true;
    };
    let told = |(seconds, peak): (f64, Option<f64>)| {
        format!("{:.0} MB, {seconds:.1} s", peak.unwrap_or_default())
    };
    show(
        "10,000 rules in 20 workspaces, peak memory in MB",
        peak,
        200.0,
        &format!(
            "largest so far after creating all: {}; finding all unchanged: {}; updating all: {}; files of {:.1} MB",
            told(created),
            told(unchanged),
            told(updated),
            f64::from(u32::try_from(bytes).expect("some megabytes")) / 1e6
        ),
    )
}

fn main() -> ExitCode {
    if !figure::is_wanted() {
        return ExitCode::SUCCESS;
    }
    // Memory first: what is told is the largest of all programs that ended, emulators included.
    let within = [memory(), latency(), bucket()];
    if within.iter().all(|one| *one) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
