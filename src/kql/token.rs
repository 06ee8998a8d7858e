//! Tokens of the query language, and which words may serve as names.

use super::span::TextSpan;

/// What a token is; its text is the source slice under [`Token::span`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TokenKind {
    /// A name or keyword, hyphenated keywords such as `project-away` and `in~` included.
    Word,
    /// A negated operator word with its mark: `!in`, `!has_cs`, `!between`.
    Negated,
    /// `12`, `0x1f`.
    Long,
    /// `1.5`, `1e3`.
    Real,
    /// `1d`, `2.5h`.
    Timespan,
    /// A quoted string of any form, prefix and quotes included.
    String,
    /// A literal with its content in parentheses: `datetime(2020-01-01)`, `long(null)`.
    Typed,
    /// A bare `74be27de-1e4e-49d9-b579-fe0b331d3642`, not allowed outside `guid(...)`.
    Guid,
    /// A line that starts with `#`.
    Directive,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `|`
    Pipe,
    /// `;`
    Semicolon,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `..`
    DotDot,
    /// `:`
    Colon,
    /// `=`
    Assign,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<>`
    LessGreater,
    /// `=~`
    EqualTilde,
    /// `!~`
    NotTilde,
    /// `=>`
    Arrow,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// `?`
    Question,
    /// A character that no token starts with.
    Unknown,
    /// The end of the text.
    End,
}

/// One token: kind and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Where it is.
    pub(crate) span: TextSpan,
    /// Whether a line break lies between the token before and this one.
    pub(crate) new_line: bool,
}

/// Where a word may be used as a name without brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordUse {
    /// Anywhere.
    Name,
    /// As a name that is referred to, but not as one that is declared (`kind`).
    Reference,
    /// Only where it is followed by `=` or `:` and so cannot be mistaken (`contains = 1`).
    Declaration,
    /// Nowhere: it has to be written `['word']`.
    Never,
}

/// Words that are names nowhere, sorted.
const NEVER: &[&str] = &[
    "and",
    "anomalychart",
    "areachart",
    "asc",
    "assert-schema",
    "bagexpansion",
    "barchart",
    "between",
    "boolean",
    "byte",
    "card",
    "columnchart",
    "contains_cs",
    "containscs",
    "cycles",
    "date",
    "datetime",
    "decimal",
    "decodeblocks",
    "desc",
    "double",
    "dynamic",
    "endswith",
    "endswith_cs",
    "expandoutput",
    "first",
    "flags",
    "float",
    "granny-asc",
    "granny-desc",
    "graph-mark-components",
    "graph-match",
    "graph-merge",
    "graph-shortest-paths",
    "graph-to-table",
    "graph-where-edges",
    "graph-where-nodes",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "in~",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "isfuzzy",
    "ladderchart",
    "last",
    "like",
    "likecs",
    "linechart",
    "long",
    "macro-expand",
    "make-graph",
    "make-series",
    "materialized-view-combine",
    "mv-apply",
    "mv-expand",
    "nooptimization",
    "notcontains",
    "notcontainscs",
    "notlike",
    "notlikecs",
    "or",
    "others",
    "parse-kv",
    "parse-where",
    "partitioned-by",
    "piechart",
    "pivotchart",
    "project-away",
    "project-by-names",
    "project-keep",
    "project-rename",
    "project-reorder",
    "project-smart",
    "real",
    "relaxed",
    "scatterchart",
    "simple",
    "stackedareachart",
    "startswith",
    "startswith_cs",
    "string",
    "time",
    "timechart",
    "timeline",
    "timepivot",
    "timespan",
    "treemap",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "ulong",
    "union",
    "uniqueid",
    "with_itemindex",
    "with_match_id",
    "__id",
];

/// Words that are names only before `=` or `:`, sorted.
const DECLARATION: &[&str] = &[
    "accumulate",
    "as",
    "by",
    "contains",
    "datatable",
    "externaldata",
    "find",
    "has",
    "in",
    "invoke",
    "latest",
    "materialize",
    "of",
    "print",
    "project",
    "sample",
    "sample-distinct",
    "search",
    "set",
    "title",
    "to",
    "top-hitters",
    "top-nested",
    "toscalar",
    "totable",
    "verbose",
    "viewers",
    "where",
];

/// Words that can be referred to but not declared, sorted.
const REFERENCE: &[&str] = &["false", "kind", "true", "with_source", "withsource"];

/// Keywords that are names anywhere, sorted.
const KEYWORD_NAMES: &[&str] = &[
    "__partitionby",
    "access",
    "alias",
    "best_effort",
    "bin",
    "bool",
    "consume",
    "count",
    "database",
    "dataformat",
    "datetime_pattern",
    "declare",
    "default",
    "distinct",
    "edges",
    "entity_group",
    "evaluate",
    "extend",
    "facet",
    "filter",
    "fork",
    "from",
    "getschema",
    "graph",
    "guid",
    "id",
    "inline_external_table",
    "join",
    "let",
    "limit",
    "lookup",
    "mvapply",
    "mvexpand",
    "nodes",
    "null",
    "nulls",
    "on",
    "optional",
    "order",
    "output",
    "pack",
    "parse",
    "partition",
    "pattern",
    "plotly",
    "query_parameters",
    "range",
    "reduce",
    "regex",
    "render",
    "restrict",
    "scan",
    "serialize",
    "sort",
    "step",
    "summarize",
    "take",
    "top",
    "typeof",
    "uuid",
    "view",
    "with",
    "with_node_id",
];

/// The words that contain a hyphen, and so are told from a subtraction by the lexer alone.
pub(super) const HYPHENATED: &[&str] = &[
    "assert-schema",
    "granny-asc",
    "granny-desc",
    "graph-mark-components",
    "graph-match",
    "graph-merge",
    "graph-shortest-paths",
    "graph-to-table",
    "graph-where-edges",
    "graph-where-nodes",
    "macro-expand",
    "make-graph",
    "make-series",
    "materialized-view-combine",
    "mv-apply",
    "mv-expand",
    "parse-kv",
    "parse-where",
    "partitioned-by",
    "project-away",
    "project-by-names",
    "project-keep",
    "project-rename",
    "project-reorder",
    "project-smart",
    "sample-distinct",
    "top-hitters",
    "top-nested",
];

/// Words that, directly followed by `(`, start a literal whose content runs to the next `)`.
pub(super) const TYPED: &[&str] = &[
    "bool", "date", "datetime", "decimal", "double", "guid", "int", "int32", "int64", "long",
    "real", "time", "timespan",
];

/// Operator words that take a leading `!`.
pub(super) const NEGATABLE: &[&str] = &[
    "between",
    "contains",
    "contains_cs",
    "endswith",
    "endswith_cs",
    "has",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "in",
    "in~",
    "startswith",
    "startswith_cs",
];

/// Says where `word` may be used as a name.
pub(crate) fn word_use(word: &str) -> WordUse {
    // No reserved word is longer than 25 bytes or starts with an upper-case letter,
    // which spares most column names the searches.
    let first = word.as_bytes().first().copied().unwrap_or(b'_');
    if word.len() > 25 || !(first.is_ascii_lowercase() || first == b'_') {
        return WordUse::Name;
    }
    if DECLARATION.binary_search(&word).is_ok() {
        WordUse::Declaration
    } else if REFERENCE.binary_search(&word).is_ok() {
        WordUse::Reference
    } else if NEVER.contains(&word) {
        WordUse::Never
    } else {
        WordUse::Name
    }
}

/// Whether `word` means something to the language, even where it may be used as a name.
pub(super) fn is_keyword(word: &str) -> bool {
    word_use(word) != WordUse::Name || KEYWORD_NAMES.binary_search(&word).is_ok()
}
