# The developer loop. `just ci` is what the hosted checks run.

# List the recipes.
default:
    @just --list

# Compile without building.
check:
    cargo check --all-targets

# All tests.
test:
    cargo test

# Format and lint.
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings

# Refresh every golden, then show what changed.
accept:
    INSTA_UPDATE=always RULEPOST_ACCEPT=1 cargo test
    git diff --stat

# Licences, banned crates, sources.
deny:
    cargo deny check bans licenses sources

# Draw the README's picture from what the program says.
picture:
    cargo build
    docs/picture/draw

# Everything.
ci:
    .ci/run
