//! Exit codes that any command can end with.

use crate::support::Rulepost;

#[test]
fn a_wrong_flag_is_a_usage_error_that_names_it() {
    let out = Rulepost::new()
        .args(["completions", "--shel", "bash"])
        .run();
    assert_eq!(out.code, 2, "{out:?}");
    assert!(out.stderr.contains("--shel"), "{out:?}");
    assert_eq!(out.stdout, "");
}

#[test]
fn an_unknown_command_is_a_usage_error_that_suggests_the_near_one() {
    let out = Rulepost::new().args(["completion", "bash"]).run();
    assert_eq!(out.code, 2, "{out:?}");
    assert!(out.stderr.contains("completions"), "{out:?}");
}

#[test]
fn version_and_help_end_well() {
    for flag in ["--version", "--help"] {
        let out = Rulepost::new().args([flag]).run();
        assert_eq!(out.code, 0, "{out:?}");
        assert_eq!(out.stderr, "");
    }
}
