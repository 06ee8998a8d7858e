//! The pages in `docs/` name commands and flags that exist.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::Rulepost;

/// Every `rulepost …` line of the shell blocks of a text.
fn commands(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(language) = line.strip_prefix("```") {
            inside = language == "sh";
        } else if inside && line.starts_with("rulepost ") {
            found.push(line.split("  #").next().unwrap_or(line).trim().to_owned());
        }
    }
    found
}

#[test]
fn every_command_and_flag_of_the_pages_exists() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut helps: BTreeMap<String, String> = BTreeMap::new();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for entry in std::fs::read_dir(&folder).expect("the pages") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a page");
        for line in commands(&text) {
            let words: Vec<&str> = line.split_whitespace().collect();
            // A second word may name what of the command is meant; where it does not, it is left aside.
            let of = words[1..].iter().take(2);
            let of = of.filter(|word| word.chars().all(|c| c.is_ascii_lowercase()));
            let command = of.copied().collect::<Vec<_>>().join(" ");
            let help = helps.entry(command.clone()).or_insert_with(|| {
                let help = |words: &str| {
                    let args = words.split(' ').chain(["--help"]);
                    Rulepost::new().args(args).run().stdout
                };
                help(words[1]) + &help(&command)
            });
            seen += 1;
            let flags = words
                .iter()
                .filter(|word| word.starts_with('-'))
                .map(|word| word.split('=').next().unwrap_or(word));
            for flag in flags {
                let known = help
                    .split(|character: char| !(character.is_alphanumeric() || character == '-'))
                    .any(|word| word == flag);
                if !known {
                    wrong.push(format!(
                        "{}: `{line}`: {command} has no {flag}",
                        path.display()
                    ));
                }
            }
        }
    }
    assert!(seen > 10, "{seen} commands");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
