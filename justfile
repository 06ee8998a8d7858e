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

# Refresh every page, template and golden, then show what changed.
accept:
    cargo run -q -- docs -o docs/rules
    cargo run -q -- coverage -o docs/coverage.md
    cargo run -q -- explain --format markdown > docs/lints.md
    cargo run -q -- render --to arm -o arm/sftp-rules.json
    INSTA_UPDATE=always cargo test
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
