//! The files that `new` and `init` write.

use std::path::Path;

use uuid::Uuid;

use crate::rule::write::emit::Out;
use crate::rule::write::emit::entry;

/// A name as part of a file's name: lower case, words joined by hyphens.
pub(crate) fn file_stem(name: &str) -> String {
    let mut stem = String::new();
    for character in name.trim().chars() {
        if character.is_ascii_alphanumeric() {
            stem.push(character.to_ascii_lowercase());
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
    }
    stem.truncate(80);
    stem.trim_end_matches('-').to_owned()
}

/// A rule that validates without a finding and fires on nothing.
pub(crate) fn rule(name: &str, id: Uuid, nrt: bool, test: &Path) -> String {
    let name = entry("name", &Out::Text(name.trim().to_owned()));
    let test = test.file_name().unwrap_or_default().to_string_lossy();
    let (kind, schedule, filter) = if nrt {
        ("NRT", "", "")
    } else {
        (
            "Scheduled",
            "queryFrequency: 1h\nqueryPeriod: 2h\ntriggerOperator: gt\ntriggerThreshold: 0\n",
            "  | where ingestion_time() > ago(1h)\n",
        )
    };
    format!(
        "\
id: {id}
{name}version: 1.0.0
kind: {kind}
description: Identifies what the query looks for; say it in one sentence.
severity: Medium
{schedule}tactics:
  - CredentialAccess
relevantTechniques:
  - T1110
query: |
  SigninLogs
{filter}  | where ResultType == \"nothing has this type\"
  | project TimeGenerated, UserPrincipalName, IPAddress
entityMappings:
  - entityType: Account
    fieldMappings:
      - identifier: FullName
        columnName: UserPrincipalName
  - entityType: IP
    fieldMappings:
      - identifier: Address
        columnName: IPAddress
eventGroupingSettings:
  aggregationKind: SingleAlert
rulepost:
  references:
    - https://attack.mitre.org/techniques/T1110/
  tests: {test}
"
    )
}

/// The test file of a new rule.
pub(crate) const TEST: &str = "\
now: 2026-01-15T12:00:00Z
cases:
  - name: another result type is no match
    rows:
      SigninLogs:
        - at: 10m
          row: { ResultType: \"0\", UserPrincipalName: someone@example.com, IPAddress: 203.0.113.10 }
    expect:
      results: 0
";

/// `rulepost.toml` of a new repository.
pub(crate) const CONFIG: &str = "\
# What `rulepost` does in this repository.

[project]
rules = [\"rules\"]

[lint.levels]
# `rulepost explain` lists the codes. Findings that should stop a merge:
# missing-description = \"error\"
# Findings that nobody here wants to see:
# missing-references = \"allow\"

# What a deployment does not do without `--yes-many`: change more than this share of the rules it owns.
# [guard]
# max-percent = 30

# Where the rules go: `rulepost deploy --target production`.
# [targets.production]
# workspace = \"sec-prod\"
# resource-group = \"rg-security\"
# subscription = \"00000000-0000-0000-0000-000000000000\"
";

/// The workflow of a new repository: checks on a pull request, deployment on merge, drift by night.
pub(crate) const WORKFLOW: &str = "\
# Checks the rules on a pull request, deploys them on merge, and looks for drift by night.
# Set the repository variables SENTINEL_WORKSPACE, AZURE_SUBSCRIPTION_ID, AZURE_TENANT_ID and AZURE_CLIENT_ID; the
# application needs a federated credential for this repository and the role Microsoft Sentinel Contributor.
name: rules

on:
  pull_request:
  push:
    branches: [main]
  schedule:
    - cron: \"23 3 * * *\"

permissions: {}

concurrency:
  group: rules-${{ github.ref }}
  cancel-in-progress: false

jobs:
  check:
    name: Check
    runs-on: ubuntu-latest
    permissions:
      contents: read # to check out
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - run: cargo install rulepost --locked
      - run: rulepost fmt --check
      - run: rulepost validate --format github
      - run: rulepost test --format github
  deploy:
    name: Deploy, or look for drift
    needs: check
    if: github.event_name != 'pull_request' && vars.SENTINEL_WORKSPACE != ''
    runs-on: ubuntu-latest
    permissions:
      contents: read # to check out
      id-token: write # to sign in to Azure
    env:
      AZURE_TENANT_ID: ${{ vars.AZURE_TENANT_ID }}
      AZURE_CLIENT_ID: ${{ vars.AZURE_CLIENT_ID }}
      AZURE_SUBSCRIPTION_ID: ${{ vars.AZURE_SUBSCRIPTION_ID }}
      WORKSPACE: ${{ vars.SENTINEL_WORKSPACE }}
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - run: cargo install rulepost --locked
      - if: github.event_name == 'push'
        run: rulepost deploy --workspace \"$WORKSPACE\" --auth github-oidc --yes
      - if: github.event_name == 'schedule'
        run: rulepost drift --workspace \"$WORKSPACE\" --auth github-oidc --format github
";

/// Checks before a commit, for the `pre-commit` program.
pub(crate) const PRE_COMMIT: &str = "\
repos:
  - repo: local
    hooks:
      - id: rulepost-fmt
        name: rulepost fmt
        entry: rulepost fmt --check
        language: system
        files: ^rules/.*\\.ya?ml$
      - id: rulepost-validate
        name: rulepost validate
        entry: rulepost validate rules
        language: system
        pass_filenames: false
        files: ^rules/
";

/// What git should not keep.
pub(crate) const IGNORED: &str = "\
# State of the local emulator, and the schema that editors use.
/.rulepost/
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_configuration_suggests_is_understood() {
        let config = |text: &str| crate::project::config::parse(text).expect("a configuration");
        config(CONFIG);
        let suggested: Vec<&str> = CONFIG
            .lines()
            .map(|line| line.strip_prefix("# ").unwrap_or(line))
            .filter(|line| line.starts_with('[') || line.contains(" = "))
            .collect();
        let config = config(&suggested.join("\n"));
        assert_eq!(
            config.targets["production"].resource_group.as_deref(),
            Some("rg-security")
        );
        assert_eq!(config.guard.max_percent, Some(30));
        assert_eq!(config.lint.levels.len(), 2);
    }

    #[test]
    fn names_become_file_names() {
        assert_eq!(
            file_stem("Many failed logins (from 1 address)"),
            "many-failed-logins-from-1-address"
        );
        assert_eq!(file_stem(" --é-- "), "");
        assert_eq!(file_stem(&"a ".repeat(100)).len(), 79);
    }
}
