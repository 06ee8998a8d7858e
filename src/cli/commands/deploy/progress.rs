//! How far a run is: a bar on a terminal, plain lines in a log, or nothing.

use std::sync::Arc;

use clap::ValueEnum;
use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;

use crate::cli::context::Context;
use crate::plan::outcome::Outcome;
use crate::report::plan::title;

/// Values of `--progress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressArg {
    /// A bar on a terminal, nothing elsewhere
    Auto,
    /// A line for each change
    Plain,
    /// Nothing
    None,
}

/// Shows how far a run is, on standard error.
#[derive(Clone)]
pub(crate) struct Progress {
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Bar(ProgressBar),
    Plain(Arc<Context>),
    Silent,
}

impl Progress {
    /// Progress over `count` changes.
    pub(crate) fn new(arg: ProgressArg, count: usize, context: &Context) -> Self {
        let kind = match arg {
            ProgressArg::Plain => Kind::Plain(Arc::new(context.clone())),
            ProgressArg::Auto if context.env.stderr_is_terminal && !context.quiet => {
                let bar =
                    ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::stderr());
                let style = ProgressStyle::with_template(
                    "{bar:32.cyan/dim} {pos}/{len}  {elapsed_precise}  {wide_msg}",
                );
                bar.set_style(style.expect("the template above is well formed"));
                Kind::Bar(bar)
            }
            ProgressArg::Auto | ProgressArg::None => Kind::Silent,
        };
        Self { kind }
    }

    /// A change came to its end.
    pub(crate) fn finished(&self, outcome: &Outcome, target: Option<&str>) {
        let name = title(&outcome.title, &outcome.name);
        let line = match target {
            Some(target) => format!("{} {name} ({target})", outcome.action),
            None => format!("{} {name}", outcome.action),
        };
        match &self.kind {
            Kind::Bar(bar) => {
                bar.set_message(line);
                bar.inc(1);
            }
            Kind::Plain(context) => {
                context.note(&format!("{}: {line}", outcome.status.as_str()));
            }
            Kind::Silent => {}
        }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }
}
