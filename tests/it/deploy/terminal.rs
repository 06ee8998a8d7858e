//! On a terminal: the question, the bar, and Ctrl-C as a person presses it.

use nix::sys::wait::WaitStatus;
use rexpect::session::PtySession;
use rexpect::session::spawn_command;
use tempfile::TempDir;

use super::interrupt::slow;
use super::project;
use super::writes;
use crate::support::Emulator;

/// Until a wait for text is given up; only a broken program comes near.
const PATIENCE_MS: u64 = 60_000;

/// `deploy` of six rules on a terminal of its own, one change at a time.
fn start(emulator: &Emulator, project: &TempDir) -> PtySession {
    let command = emulator
        .rulepost_in(project.path())
        .env("TERM", "xterm")
        .args(["deploy", "--concurrency", "1"])
        .command();
    spawn_command(command, Some(PATIENCE_MS)).expect("a terminal can be made")
}

/// Waits for the question, and gives what was shown before.
fn question(session: &mut PtySession) -> String {
    session
        .exp_string("Apply 6 changes to `demo`? [y/N] ")
        .expect("it asks")
}

/// The rest of what is shown, without colours, and the exit code.
fn end(mut session: PtySession) -> (String, i32) {
    let rest = session.exp_eof().expect("it ends");
    let rest = anstream::adapter::strip_str(&rest).to_string();
    match session.process().wait().expect("it is our child") {
        WaitStatus::Exited(_, code) => (rest.replace("\r\n", "\n"), code),
        other => panic!("ended by {other:?} after {rest}"),
    }
}

/// How many rules are there.
fn live(emulator: &Emulator) -> usize {
    let path = format!("{}/alertRules", emulator.sentinel());
    emulator.get(&path).body["value"]
        .as_array()
        .expect("a list")
        .len()
}

#[test]
fn a_yes_applies_the_plan_under_a_bar() {
    let emulator = Emulator::start();
    let project = project(1..=6);
    slow(&emulator, 100);
    let mut session = start(&emulator, &project);
    let plan = question(&mut session);
    assert!(plan.contains("Plan: 6 to create"), "{plan}");
    assert_eq!(writes(&emulator), [""; 0], "nothing before the answer");
    session.send_line("y").expect("it listens");
    let (_, bar) = session
        .exp_regex(r"[1-5]/6 [^\r\n]*create Rule [1-6]")
        .expect("a bar with the change that came to its end last");
    assert!(!bar.is_empty());
    let (rest, code) = end(session);
    assert_eq!(code, 0, "{rest}");
    assert!(rest.ends_with("Applied 6 changes\n"), "{rest}");
    // The bar is taken away and does not stand between the results.
    let result = rest.rsplit("planned").next().expect("a table");
    assert!(!result.contains("/6"), "{rest}");
    assert_eq!(live(&emulator), 6);
}

#[test]
fn anything_but_yes_changes_nothing() {
    let emulator = Emulator::start();
    let project = project(1..=6);
    for answer in ["n", "", "yess"] {
        let mut session = start(&emulator, &project);
        question(&mut session);
        session.send_line(answer).expect("it listens");
        let (rest, code) = end(session);
        assert_eq!(code, 1, "{rest}");
        assert_eq!(rest, "error: not confirmed; nothing was changed\n");
    }
    // The end of the input is no yes either.
    let mut session = start(&emulator, &project);
    question(&mut session);
    session.send_control('d').expect("it listens");
    let (rest, code) = end(session);
    assert_eq!(code, 1, "{rest}");
    assert_eq!(rest, "\nerror: not confirmed; nothing was changed\n");
    assert_eq!(writes(&emulator), [""; 0]);
}

#[test]
fn ctrl_c_at_the_question_changes_nothing() {
    let emulator = Emulator::start();
    let project = project(1..=6);
    let mut session = start(&emulator, &project);
    question(&mut session);
    session.send_control('c').expect("it listens");
    let (rest, code) = end(session);
    assert_eq!(code, 130, "{rest}");
    assert_eq!(rest, "\nerror: interrupted; nothing was changed\n");
    assert_eq!(writes(&emulator), [""; 0]);
}

#[test]
fn ctrl_c_while_it_works_finishes_what_is_in_flight() {
    let emulator = Emulator::start();
    let project = project(1..=6);
    slow(&emulator, 200);
    let mut session = start(&emulator, &project);
    question(&mut session);
    session.send_line("yes").expect("it listens");
    session.exp_string("2/6").expect("a bar");
    session.send_control('c').expect("it listens");
    session
        .exp_string("stopping: waiting for what is in flight; Ctrl-C again ends at once")
        .expect("it says what it does");
    let (rest, code) = end(session);
    assert_eq!(code, 130, "{rest}");
    let live = live(&emulator);
    assert!((2..6).contains(&live), "{live}");
    assert!(
        rest.contains("interrupted: what was in flight is finished, nothing more was begun\n"),
        "{rest}"
    );
    let left = 6 - live;
    assert!(
        rest.ends_with(&format!(
            "Applied {live} of 6 changes: {left} not started\n"
        )),
        "{rest}"
    );
}

#[test]
fn a_second_ctrl_c_drops_what_is_in_flight_and_says_what_is_done_and_what_is_in_doubt() {
    let emulator = Emulator::start();
    let project = project(1..=6);
    slow(&emulator, 200);
    let mut session = start(&emulator, &project);
    question(&mut session);
    session.send_line("y").expect("it listens");
    session.exp_string("2/6").expect("a bar");
    // From here on a write takes longer than anybody waits.
    emulator.admin(reqwest::Method::DELETE, "/faults", None);
    slow(&emulator, 600_000);
    let before = writes(&emulator).len();
    while writes(&emulator).len() <= before {
        std::thread::yield_now();
    }
    session.send_control('c').expect("it listens");
    session.exp_string("Ctrl-C again").expect("it says how");
    session.send_control('c').expect("it listens");
    let (rest, code) = end(session);
    assert_eq!(code, 130, "{rest}");
    assert!(
        rest.contains("ended: what was in flight was dropped, and may have been stored\n"),
        "{rest}"
    );
    assert!(rest.contains("in doubt Rule "), "{rest}");
    let live = live(&emulator);
    let left = 6 - live - 1;
    assert!(
        rest.ends_with(&format!(
            "Applied {live} of 6 changes: 1 in doubt, {left} not started\n"
        )),
        "{rest}"
    );
}
