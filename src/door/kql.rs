//! The query front-end as plain data, with offsets in UTF-16 units as Microsoft's parser counts them.

/// Opaque tables and functions to check against.
#[derive(Debug)]
pub struct Schema(crate::kql::Schema);

impl Schema {
    /// The tables and functions that come with rulepost.
    pub fn built_in() -> Self {
        Self(crate::kql::Schema::built_in())
    }

    /// Reads `{"tables": {name: {column: type}}, "functions": [{name, parameters, body}]}`.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        crate::kql::Schema::from_json(text).map(Self)
    }
}

/// What a check gives.
#[derive(Debug)]
pub struct Answer {
    /// The findings in the order of their places.
    pub diagnostics: Vec<Finding>,
    /// The result's columns.
    pub columns: Vec<Column>,
    /// Whether the result may have more columns.
    pub open: bool,
    /// Comparisons of types that have nothing in common: first UTF-16 unit, how many, the two types.
    pub mismatches: Vec<(usize, usize, String, String)>,
}

/// One finding.
#[derive(Debug)]
pub struct Finding {
    /// Its code.
    pub code: String,
    /// `error` or `warning`.
    pub severity: String,
    /// First UTF-16 unit.
    pub start: usize,
    /// How many units.
    pub length: usize,
    /// What is wrong.
    pub message: String,
}

/// One column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub type_name: String,
}

/// Checks `query`.
pub fn check(schema: &Schema, query: &str) -> Answer {
    let checked = crate::kql::check(query, &schema.0);
    let units = Utf16::of(query);
    let diagnostics = checked
        .diagnostics
        .iter()
        .map(|d| {
            let start = units.offset(d.span.start);
            Finding {
                code: d.code.to_owned(),
                severity: match d.severity {
                    crate::kql::Severity::Error => "error",
                    crate::kql::Severity::Warning => "warning",
                }
                .to_owned(),
                start,
                length: units.offset(d.span.end) - start,
                message: d.message.clone(),
            }
        })
        .collect();
    Answer {
        diagnostics,
        columns: checked
            .columns
            .iter()
            .map(|c| Column {
                name: c.name.to_string(),
                type_name: c.ty.name().to_owned(),
            })
            .collect(),
        open: checked.open,
        mismatches: checked
            .mismatches
            .iter()
            .map(|one| {
                let start = units.offset(one.sides[0].start);
                let length = units.offset(one.sides[1].end) - start;
                let name = |ty: crate::kql::Type| ty.name().to_owned();
                (start, length, name(one.left), name(one.right))
            })
            .collect(),
    }
}

/// Lays `query` out anew; None when it has syntax errors.
pub fn format(query: &str) -> Option<String> {
    crate::kql::format(query)
}

/// The tokens and then the comments of `query`; for comparing what two texts mean.
pub fn tokens(query: &str) -> Vec<String> {
    let parsed = crate::kql::parse(query);
    parsed
        .tokens
        .iter()
        .map(|t| query[t.span.range()].to_owned())
        .chain(
            parsed
                .comments
                .iter()
                .map(|c| query[c.range()].trim_end().to_owned()),
        )
        .collect()
}

/// Byte offsets to UTF-16 offsets.
struct Utf16<'t> {
    text: &'t str,
}

impl<'t> Utf16<'t> {
    fn of(text: &'t str) -> Self {
        Self { text }
    }

    fn offset(&self, byte: u32) -> usize {
        let before = self.text.get(..byte as usize).unwrap_or(self.text);
        if before.is_ascii() {
            return before.len();
        }
        before.encode_utf16().count()
    }
}
