//! Log lines on standard error, for `-v` and `-vv`.

use tracing_subscriber::EnvFilter;

use crate::cli::args::{ColorWhen, GlobalArgs};

/// Starts logging: warnings by default, what rulepost does at `-v`, every request at `-vv`.
pub(crate) fn start(global: &GlobalArgs) {
    let filter = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "warn,rulepost=info",
        (false, _) => {
            "info,rulepost=debug,azure_core=debug,azure_identity=debug,typespec_client_core=debug"
        }
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(matches!(global.color, ColorWhen::Always))
        .with_target(global.verbose > 1)
        .without_time();
    // A second start, as tests in one process make, keeps the first.
    let _ = builder.try_init();
}
