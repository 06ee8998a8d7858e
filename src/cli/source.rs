//! Who deploys: the repository, as the mark beside every deployed rule names it.
//!
//! A laptop and a pipeline deploy the same repository and must give it the same name. In this order: what the
//! configuration says, the address of git's remote `origin`, what GitHub Actions says, `local`.
//! Addresses are brought to one form; a login inside one is dropped.

#![allow(
    clippy::disallowed_methods,
    reason = "the configuration of git is read here"
)]

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::cli::env::Env;
use crate::plan::mark::Source;

/// The source that a target is deployed from.
pub(crate) fn source(configured: Option<&str>, target: Option<&str>, env: &Env) -> Source {
    let repository = configured
        .map(canonical)
        .or_else(|| origin(&env.current_dir).map(|address| canonical(&address)))
        .or_else(|| {
            let server = env.get("GITHUB_SERVER_URL")?;
            let name = env.get("GITHUB_REPOSITORY")?;
            Some(canonical(&format!("{server}/{name}")))
        })
        .unwrap_or_else(|| "local".to_owned());
    let name = repository
        .rsplit('/')
        .next()
        .unwrap_or(&repository)
        .to_owned();
    let id = match target {
        Some(target) => format!("{repository}#{target}"),
        None => repository,
    };
    Source {
        id,
        name,
        target: target.map(str::to_owned),
    }
}

/// One spelling for an address: `https://host/owner/name`, in lower case, without login and `.git`.
fn canonical(address: &str) -> String {
    let address = address.trim().trim_end_matches('/');
    let address = address.strip_suffix(".git").unwrap_or(address);
    let rest = match address.split_once("://") {
        Some((_, rest)) => rest.to_owned(),
        // The short form of SSH: `git@host:owner/name`.
        None => match address.split_once(':') {
            Some((host, path)) if !host.contains('/') && host.len() > 1 => format!("{host}/{path}"),
            _ => return address.to_lowercase(),
        },
    };
    let (host, path) = rest.split_once('/').unwrap_or((&rest, ""));
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(':').next().unwrap_or(host);
    format!("https://{host}/{path}").to_lowercase()
}

/// The address of git's remote `origin`, for the repository around `folder`.
fn origin(folder: &Path) -> Option<String> {
    let git = folder
        .ancestors()
        .map(|folder| folder.join(".git"))
        .find(|git| git.exists())?;
    let config = fs::read_to_string(common_dir(&git)?.join("config")).ok()?;
    let mut in_origin = false;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            in_origin = line
                .replace(' ', "")
                .eq_ignore_ascii_case("[remote\"origin\"]");
        } else if in_origin
            && let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case("url")
        {
            return Some(value.trim().to_owned());
        }
    }
    None
}

/// The folder with the configuration; a linked worktree has a file that points to it.
fn common_dir(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_owned());
    }
    let text = fs::read_to_string(git).ok()?;
    let own = git
        .parent()?
        .join(text.trim().strip_prefix("gitdir:")?.trim());
    match fs::read_to_string(own.join("commondir")) {
        Ok(common) => Some(own.join(common.trim())),
        Err(_) => Some(own),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_an_address_are_one_source() {
        for address in [
            "https://github.com/Owner/Rules",
            "https://github.com/owner/rules.git",
            "https://user:secret@github.com/owner/rules.git/",
            "git@github.com:owner/rules.git",
            "ssh://git@github.com:22/owner/rules",
        ] {
            assert_eq!(
                canonical(address),
                "https://github.com/owner/rules",
                "{address}"
            );
        }
        assert_eq!(canonical("my-rules"), "my-rules");
        assert_eq!(canonical("/srv/git/rules.git"), "/srv/git/rules");
    }

    #[test]
    fn the_remote_is_found_from_below_and_from_a_worktree() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let repository = dir.path().join("r");
        let (below, own) = (
            repository.join("rules/x"),
            repository.join(".git/worktrees/w"),
        );
        let worktree = dir.path().join("w");
        for folder in [&below, &own, &worktree] {
            fs::create_dir_all(folder).expect("ours");
        }
        let config = "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = git@h:o/r.git\n";
        fs::write(repository.join(".git/config"), config).expect("ours");
        fs::write(own.join("commondir"), "../..\n").expect("ours");
        fs::write(
            worktree.join(".git"),
            format!("gitdir: {}\n", own.display()),
        )
        .expect("ours");
        let env = |folder: PathBuf| {
            let mut env = Env::default();
            env.current_dir = folder;
            env
        };
        for folder in [below, worktree] {
            assert_eq!(
                source(None, Some("prod"), &env(folder)).id,
                "https://h/o/r#prod"
            );
        }
    }
}
