//! `docs`: the committed pages are fresh, and links between them lead somewhere.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::Rulepost;

/// Every file below a folder, by path, line ends as written by the program.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("below the folder");
            let text = std::fs::read_to_string(&path).expect("pages are text");
            let name = name.to_string_lossy().replace('\\', "/");
            found.insert(name, text.replace("\r\n", "\n"));
        }
    }
    found
}

#[test]
fn the_committed_pages_are_what_the_rules_say() {
    let root = env!("CARGO_MANIFEST_DIR");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().to_str().expect("a temporary path is text");
    let out = Rulepost::in_dir(root)
        .args(["docs", "rules", "-o", path])
        .run();
    assert_eq!(out.code, 0, "{}", out.stderr);
    let fresh = files(folder.path());
    let committed = files(&Path::new(root).join("docs/rules"));
    let names = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&fresh),
        names(&committed),
        "`cargo run -- docs -o docs/rules`"
    );
    for (name, text) in &fresh {
        assert!(
            text == &committed[name],
            "docs/rules/{name} is stale: `cargo run -- docs -o docs/rules`"
        );
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let mut links = 0;
    for (name, text) in files(&root) {
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if target.contains("://") || target.starts_with('#') {
                continue;
            }
            let page = root.join(&name);
            let target = page.parent().expect("a page has a folder").join(target);
            assert!(target.is_file(), "{name} leads to {}", target.display());
            links += 1;
        }
    }
    assert!(links >= 26, "the index alone has more than {links} links");
}
