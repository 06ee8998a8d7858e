//! How much of the language reference the engine knows: what it does not is listed here, each with its reason.

use super::Error;
use super::env;
use super::run;

/// The functions and plug-ins that are not supported, and why.
const LEFT_OUT: &str = include_str!("left_out.tsv");

/// The names of a table of the front-end, with the second column.
fn names(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split('\t');
        Some((fields.next()?, fields.next()?))
    })
}

fn is_unsupported(query: &str) -> bool {
    matches!(run(query, &env()), Err(Error::Unsupported(_)))
}

#[test]
fn what_is_not_supported_is_listed_and_nothing_else_is() {
    let functions = names(include_str!("../../kql/data/functions.tsv")).map(|(name, kind)| {
        let query = match kind {
            // Enough arguments to get to the function itself.
            "aggregate" => format!("print x = dynamic(1) | summarize {name}(x, 50)"),
            _ => format!("print x = 1 | serialize y = {name}()"),
        };
        (name, query)
    });
    let plugins = names(include_str!("../../kql/data/plugins.tsv"))
        .map(|(name, _)| (name, format!("print x = 1 | evaluate {name}(x, x)")));
    let mut unsupported: Vec<&str> = functions
        .chain(plugins)
        .filter(|(_, query)| is_unsupported(query))
        .map(|(name, _)| name)
        .collect();
    unsupported.sort_unstable();
    unsupported.dedup();
    let listed: Vec<&str> = names(LEFT_OUT).map(|(name, _)| name).collect();
    assert_eq!(unsupported, listed);
}
