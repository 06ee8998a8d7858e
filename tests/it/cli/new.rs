//! `new`, `init` and `schema`: what they write is sound.

use crate::support::Rulepost;

/// Whether the rules of a folder validate without anything said, and are in the canonical layout.
fn is_clean(dir: &std::path::Path) {
    let run = |args: &[&str]| Rulepost::in_dir(dir).args(args.iter().copied()).run();
    let out = run(&["validate", "--notes", "--deny", "notes,warnings"]);
    assert_eq!(out.code, 0, "{}", out.stdout);
    assert!(out.stdout.starts_with("no findings: "), "{}", out.stdout);
    let out = run(&["fmt", "--check"]);
    assert_eq!((out.code, out.stdout.as_str()), (0, ""), "{}", out.stderr);
}

#[test]
fn new_rules_of_both_kinds_are_clean_and_have_ids_of_their_own() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let run = |args: &[&str]| {
        Rulepost::in_dir(dir.path())
            .args(args.iter().copied())
            .run()
    };
    let out = run(&["new", "It's many failed logins: all users"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    let stem = "rules/it-s-many-failed-logins-all-users";
    assert_eq!(out.stdout, format!("{stem}.yaml\n{stem}.test.yaml\n"));
    let out = run(&[
        "new",
        "Backdoor over SFTP",
        "--kind",
        "nrt",
        "-o",
        "rules/sftp/backdoor.yaml",
    ]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    is_clean(dir.path());
    let again = run(&[
        "new",
        "Backdoor over SFTP",
        "-o",
        "rules/sftp/backdoor.yaml",
    ]);
    assert_eq!(again.code, 2, "{}", again.stdout);
    assert!(
        again
            .stderr
            .contains("`rules/sftp/backdoor.yaml` is there already"),
        "{}",
        again.stderr
    );
    let nameless = run(&["new", "!!"]);
    assert_eq!(nameless.code, 2, "{}", nameless.stdout);
}

#[test]
fn a_new_repository_is_clean_and_what_is_there_stays() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let run = |args: &[&str]| {
        Rulepost::in_dir(dir.path())
            .args(args.iter().copied())
            .run()
    };
    std::fs::write(dir.path().join(".gitignore"), "mine\n").expect("the folder is ours");
    let out = run(&["init"]);
    assert_eq!(out.code, 0, "{}", out.stderr);
    insta::assert_snapshot!("init", format!("{}{}", out.stdout, out.stderr));
    is_clean(dir.path());
    let kept = std::fs::read_to_string(dir.path().join(".gitignore")).expect("it is there");
    assert_eq!(kept, "mine\n");
    let again = run(&["init"]);
    assert_eq!(
        (again.code, again.stdout.as_str()),
        (0, ""),
        "{}",
        again.stderr
    );
    let schema = std::fs::read_to_string(dir.path().join(".rulepost/rule.schema.json"))
        .expect("it is there");
    assert_eq!(run(&["schema"]).stdout, schema);
}
