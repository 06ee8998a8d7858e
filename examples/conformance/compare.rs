//! Comparing answers about queries with those that Microsoft's own parser gave. The suite includes this file too.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Value;

/// How many cases agree, of how many.
#[derive(Debug, Default)]
pub(crate) struct Figure {
    pub(crate) agree: usize,
    pub(crate) of: usize,
}

impl Figure {
    fn count(&mut self, agrees: bool) -> bool {
        self.of += 1;
        self.agree += usize::from(agrees);
        agrees
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    pub(crate) fn percent(&self) -> f64 {
        if self.of == 0 {
            return 100.0;
        }
        (self.agree as f64 * 10_000.0 / self.of as f64).round() / 100.0
    }
}

/// The figures by name.
pub(crate) type Figures = BTreeMap<&'static str, Figure>;

/// Codes of the official parser that tell of malformed text.
fn is_syntax(code: &str) -> bool {
    matches!(code, "KS174" | "KS176" | "KS198" | "KS214" | "KS228") || code.starts_with("KS00")
}

/// Codes of the official parser that tell of a name that means nothing.
fn is_unknown_name(code: &str) -> bool {
    matches!(
        code,
        "KS124" | "KS142" | "KS204" | "KS205" | "KS207" | "KS208" | "KS210" | "KS211" | "KS260"
    )
}

/// A finding of either side.
struct Finding {
    code: String,
    error: bool,
    start: u64,
    message: String,
}

impl Finding {
    fn shown(&self) -> String {
        format!("{} at {}: {}", self.code, self.start, self.message)
    }
}

fn findings(answer: &Value) -> Vec<Finding> {
    let text = |found: &Value, key: &str| found[key].as_str().unwrap_or_default().to_owned();
    let mut list: Vec<Finding> = answer["diagnostics"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|found| Finding {
            code: text(found, "code"),
            error: text(found, "severity").eq_ignore_ascii_case("error"),
            start: found["start"].as_u64().unwrap_or_default(),
            message: text(found, "message"),
        })
        .collect();
    list.sort_by_key(|found| found.start);
    list
}

fn columns(answer: &Value, key: &str) -> Vec<String> {
    answer["columns"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|column| column[key].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Counts where the answer `ours` about the query `id` agrees with the `official` one, both in the form of
/// `rulepost kql check --jsonl`; returns the disagreements.
pub(crate) fn compare(
    id: &str,
    query: &str,
    official: &Value,
    ours: &Value,
    figures: &mut Figures,
) -> Vec<String> {
    let mut said = Vec::new();
    let (theirs, mine) = (findings(official), findings(ours));
    let mut count = |name, agrees| figures.entry(name).or_default().count(agrees);

    for (verdict, place, what, is_theirs, is_mine) in [
        (
            "syntax_verdict",
            "first_syntax_position",
            "syntax",
            (|found| is_syntax(&found.code)) as fn(&&Finding) -> bool,
            (|found| found.code.starts_with("kql-syntax")) as fn(&&Finding) -> bool,
        ),
        (
            "error_verdict",
            "first_error_position",
            "verdict",
            |found| found.error,
            |found| found.error,
        ),
    ] {
        let theirs = theirs.iter().find(is_theirs);
        let mine = mine.iter().find(is_mine);
        if !count(verdict, theirs.is_some() == mine.is_some()) {
            said.push(format!(
                "{id}: {what}: official {:?}, ours {:?}",
                theirs.map(Finding::shown),
                mine.map(Finding::shown)
            ));
        }
        if let Some(theirs) = theirs
            && !count(
                place,
                mine.is_some_and(|mine| within_one_token(query, theirs.start, mine.start)),
            )
        {
            said.push(format!(
                "{id}: first {what}: official {:?}, ours {:?}",
                theirs.shown(),
                mine.map(Finding::shown)
            ));
        }
    }

    let unknown = |list: &[Finding], is: fn(&Finding) -> bool| -> BTreeSet<u64> {
        list.iter().filter(|f| is(f)).map(|f| f.start).collect()
    };
    let theirs_unknown = unknown(&theirs, |found| is_unknown_name(&found.code));
    let mine_unknown = unknown(&mine, |found| found.code.starts_with("kql-unknown"));
    if !(theirs_unknown.is_empty() && mine_unknown.is_empty()) {
        if !count("unknown_names_query", theirs_unknown == mine_unknown) {
            let words = |places: &mut dyn Iterator<Item = &u64>| -> Vec<String> {
                places.map(|at| word_at(query, *at)).collect()
            };
            said.push(format!(
                "{id}: unknown names: only official {:?}, only ours {:?}",
                words(&mut theirs_unknown.difference(&mine_unknown)),
                words(&mut mine_unknown.difference(&theirs_unknown))
            ));
        }
        for at in theirs_unknown.union(&mine_unknown) {
            count(
                "unknown_names",
                theirs_unknown.contains(at) && mine_unknown.contains(at),
            );
        }
    }

    if theirs.iter().any(|found| found.error) {
        return said;
    }
    let (their_names, our_names) = (columns(official, "name"), columns(ours, "name"));
    let (their_types, our_types) = (columns(official, "type"), columns(ours, "type"));
    let same = count("column_names", their_names == our_names);
    if !same {
        let only = |some: &[String], others: &[String]| -> Vec<String> {
            let only = some.iter().filter(|name| !others.contains(name));
            only.take(8).cloned().collect()
        };
        said.push(format!(
            "{id}: columns: only official {:?}, only ours {:?}, {} and {} in all",
            only(&their_names, &our_names),
            only(&our_names, &their_names),
            their_names.len(),
            our_names.len()
        ));
    }
    if !count("column_types", same && their_types == our_types) && same {
        let different: Vec<_> = our_names
            .iter()
            .zip(their_types.iter().zip(&our_types))
            .filter(|(_, (theirs, ours))| theirs != ours)
            .map(|(name, (theirs, ours))| format!("{name}: official {theirs}, ours {ours}"))
            .collect();
        said.push(format!("{id}: types: {different:?}"));
    }
    if !count("open", official["open"] == ours["open"]) {
        said.push(format!(
            "{id}: open: official {}, ours {}",
            official["open"], ours["open"]
        ));
    }
    said
}

/// Whether at most one token lies between the two places, both in UTF-16 units.
fn within_one_token(query: &str, a: u64, b: u64) -> bool {
    let units: Vec<u16> = query.encode_utf16().collect();
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(units.len());
    let between = String::from_utf16_lossy(&units[place(a.min(b))..place(a.max(b))]);
    let mut tokens = 0;
    let mut in_word = false;
    for c in between.chars() {
        let word = c.is_alphanumeric() || c == '_';
        if !(c.is_whitespace() || word && in_word) {
            tokens += 1;
        }
        in_word = word;
    }
    tokens <= 1
}

fn word_at(query: &str, at: u64) -> String {
    let units: Vec<u16> = query.encode_utf16().collect();
    let from = usize::try_from(at).unwrap_or(0).min(units.len());
    let text = String::from_utf16_lossy(&units[from..]);
    let word: String = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    format!("{word}@{at}")
}
