//! Every kind of finding there is, for `explain` and for flags that name one.

use crate::cases;
use crate::diag::Code;
use crate::lint;
use crate::render;
use crate::rule;

/// All codes, by their ids.
pub(crate) fn all() -> Vec<&'static Code> {
    let reading = rule::codes::CODES
        .iter()
        .chain(lint::suppress::CODES)
        .chain(lint::kql::CODES)
        .chain(render::CODES)
        .chain(cases::codes::CODES)
        .copied();
    let lints = lint::LINTS.iter().map(|lint| lint.code);
    let mut codes: Vec<&'static Code> = reading.chain(lints).collect();
    codes.sort_by_key(|code| code.id);
    codes
}
