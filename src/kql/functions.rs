//! The functions, aggregates and plug-ins of the language, as data.
//!
//! `data/functions.tsv` has one line for each function: name, kind, number of arguments, what each argument takes
//! (the last one repeats), the result and the name of the column it makes. `data/plugins.tsv` has the plug-ins
//! of `evaluate` with their columns. Source: the public language reference.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::types::Type;

const FUNCTIONS: &str = include_str!("data/functions.tsv");
const PLUGINS: &str = include_str!("data/plugins.tsv");

/// Whether a function works on one row or on many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FunctionKind {
    /// On one row.
    Scalar,
    /// On many rows, in `summarize` and its kin.
    Aggregate,
}

/// A built-in function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuiltInFunction {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it works on.
    pub(crate) kind: FunctionKind,
    /// How many arguments it takes.
    pub(crate) arguments: Arity,
    /// What each argument takes; the last one stands for the rest.
    pub(crate) parameters: Vec<Takes>,
    /// What it gives.
    pub(crate) result: Gives,
    /// What its column is called.
    pub(crate) column: ColumnRule,
}

/// How many arguments a function takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arity {
    /// At least.
    pub(crate) least: usize,
    /// At most; None means any number.
    pub(crate) most: Option<usize>,
}

impl Arity {
    /// Whether `count` arguments are right.
    pub(crate) fn takes(self, count: usize) -> bool {
        count >= self.least && self.most.is_none_or(|most| count <= most)
    }

    /// As a phrase: `1 argument`, `2 to 4 arguments`, `at least 3 arguments`.
    pub(crate) fn phrase(self) -> String {
        match self.most {
            Some(1) if self.least == 1 => "1 argument".to_owned(),
            Some(most) if most == self.least => format!("{most} arguments"),
            Some(most) if most < 20 => format!("{} to {most} arguments", self.least),
            _ if self.least == 1 => "at least 1 argument".to_owned(),
            _ => format!("at least {} arguments", self.least),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let (least, most) = match text.split_once("..") {
            None => (text, text),
            Some((least, most)) => (least, most),
        };
        Some(Self {
            least: least.parse().ok()?,
            most: if most.is_empty() {
                None
            } else {
                Some(most.parse().ok()?)
            },
        })
    }
}

/// What an argument takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Takes {
    /// Any scalar.
    Any,
    /// Any scalar but `dynamic`.
    Scalar,
    /// A number.
    Number,
    /// `int`, `long` or `real`.
    Real,
    /// `int` or `long`.
    Integer,
    /// `int`
    Int,
    /// An integer or an array of them.
    Integers,
    /// `string`; `dynamic` is converted.
    String,
    /// `string` or `dynamic`.
    Text,
    /// A string or an array of strings.
    Texts,
    /// A string that is known when the query is read.
    TextConstant,
    /// An integer that is known when the query is read.
    IntegerConstant,
    /// A number that is known when the query is read.
    NumberConstant,
    /// A truth value that is known when the query is read.
    BoolConstant,
    /// Any scalar that is known when the query is read.
    Constant,
    /// A part of a date, such as `'day'`.
    Part,
    /// `bool`
    Bool,
    /// A number or a truth value.
    NumberOrBool,
    /// `datetime`
    Datetime,
    /// `timespan`
    Timespan,
    /// `guid`
    Guid,
    /// An array, or `dynamic` of unknown content.
    Array,
    /// An array or a truth value.
    ArrayOrFlag,
    /// An array or a number.
    Series,
    /// A bag, or `dynamic` of unknown content.
    Bag,
    /// `dynamic`
    Dynamic,
    /// A number, `datetime` or `timespan`.
    Summable,
    /// What `max` takes.
    Orderable,
    /// What `hll` takes.
    Countable,
    /// A column's name.
    Column,
    /// `typeof(…)`
    TypeOf,
}

impl Takes {
    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "any" => Self::Any,
            "scalar" => Self::Scalar,
            "number" => Self::Number,
            "real" => Self::Real,
            "integer" => Self::Integer,
            "int" => Self::Int,
            "integers" => Self::Integers,
            "string" => Self::String,
            "text" => Self::Text,
            "texts" => Self::Texts,
            "text-constant" => Self::TextConstant,
            "integer-constant" => Self::IntegerConstant,
            "number-constant" => Self::NumberConstant,
            "bool-constant" => Self::BoolConstant,
            "constant" => Self::Constant,
            "part" => Self::Part,
            "bool" => Self::Bool,
            "number-or-bool" => Self::NumberOrBool,
            "datetime" => Self::Datetime,
            "timespan" => Self::Timespan,
            "guid" => Self::Guid,
            "array" => Self::Array,
            "array-or-flag" => Self::ArrayOrFlag,
            "series" => Self::Series,
            "bag" => Self::Bag,
            "dynamic" => Self::Dynamic,
            "summable" => Self::Summable,
            "orderable" => Self::Orderable,
            "countable" => Self::Countable,
            "column" => Self::Column,
            "type" => Self::TypeOf,
            _ => return None,
        })
    }

    /// Whether a value of type `ty` is taken.
    pub(crate) fn takes(self, ty: Type) -> bool {
        if ty.is_unknown() {
            return true;
        }
        match self {
            Self::Any | Self::Constant | Self::Column | Self::TypeOf => true,
            Self::Scalar => !ty.is_dynamic(),
            Self::Number | Self::NumberConstant => ty.is_number(),
            Self::Real => matches!(ty, Type::Int | Type::Long | Type::Real),
            Self::Integer | Self::IntegerConstant => ty.is_integer(),
            Self::Int => ty == Type::Int,
            Self::Integers => ty.is_integer() || matches!(ty, Type::Dynamic | Type::Array),
            Self::String => matches!(ty, Type::String | Type::Dynamic),
            Self::TextConstant | Self::Part => ty == Type::String,
            Self::Text => ty == Type::String || ty.is_dynamic(),
            Self::Texts => matches!(ty, Type::String | Type::Dynamic | Type::Array),
            Self::Bool | Self::BoolConstant => ty == Type::Bool,
            Self::NumberOrBool => ty.is_number() || ty == Type::Bool,
            Self::Datetime => ty == Type::Datetime,
            Self::Timespan => ty == Type::Timespan,
            Self::Guid => ty == Type::Guid,
            Self::Array => matches!(ty, Type::Dynamic | Type::Array),
            Self::ArrayOrFlag => matches!(ty, Type::Dynamic | Type::Array | Type::Bool),
            Self::Series => ty.is_number() || matches!(ty, Type::Dynamic | Type::Array),
            Self::Bag => matches!(ty, Type::Dynamic | Type::Bag),
            Self::Dynamic => ty.is_dynamic(),
            Self::Summable => ty.is_number() || matches!(ty, Type::Datetime | Type::Timespan),
            Self::Orderable => !ty.is_dynamic() && ty != Type::Guid,
            Self::Countable => !matches!(ty, Type::Real | Type::Bool),
        }
    }

    /// Whether the value has to be known when the query is read.
    pub(crate) fn wants_constant(self) -> bool {
        matches!(
            self,
            Self::TextConstant
                | Self::IntegerConstant
                | Self::NumberConstant
                | Self::BoolConstant
                | Self::Constant
        )
    }

    /// As a phrase, for messages.
    pub(crate) fn phrase(self) -> &'static str {
        match self {
            Self::Any | Self::Constant => "a scalar",
            Self::Scalar => "a scalar other than `dynamic`",
            Self::Number | Self::NumberConstant => "a number",
            Self::Real => "`int`, `long` or `real`",
            Self::Integer | Self::IntegerConstant => "`int` or `long`",
            Self::Int => "`int`",
            Self::Integers => "an integer or an array of integers",
            Self::String | Self::TextConstant => "`string`",
            Self::Text => "`string` or `dynamic`",
            Self::Texts => "a string or an array of strings",
            Self::Part => "a part of a date such as `'day'`",
            Self::Bool | Self::BoolConstant => "`bool`",
            Self::NumberOrBool => "a number or `bool`",
            Self::Datetime => "`datetime`",
            Self::Timespan => "`timespan`",
            Self::Guid => "`guid`",
            Self::Array => "an array",
            Self::ArrayOrFlag => "an array or `bool`",
            Self::Series => "an array or a number",
            Self::Bag => "a bag",
            Self::Dynamic => "`dynamic`",
            Self::Summable => "a number, `datetime` or `timespan`",
            Self::Orderable => "a number, `string`, `datetime`, `timespan` or `bool`",
            Self::Countable => "a scalar other than `real` and `bool`",
            Self::Column => "a column's name",
            Self::TypeOf => "`typeof(…)`",
        }
    }
}

/// What a function gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gives {
    /// Always this type.
    Type(Type),
    /// The type of the argument at this position.
    Argument(usize),
    /// The type of the first argument, `int` made `long`.
    Widened,
    /// The widest of the first two, `int` made `long`.
    Binned,
    /// The first argument's type, whole numbers made `real`.
    Average,
    /// The common type of all arguments.
    Common,
    /// The common type of the second and third.
    Iff,
    /// The common type of every second argument and the last.
    Case,
    /// The type that the `typeof` at this position names, else `string`.
    Cast(usize),
    /// Several columns with fixed names behind the argument's.
    Columns(Vec<(&'static str, Type)>),
    /// One column for each argument but the first, or the value of the first alone.
    Percentiles,
    /// The columns of `arg_max` and its kin.
    ArgMax,
    /// The columns of `take_any`.
    TakeAny,
    /// One sorted array for each argument.
    Sorted,
}

impl Gives {
    fn read(text: &'static str) -> Option<Self> {
        if let Some(at) = text.strip_prefix('=') {
            return Some(Self::Argument(at.parse::<usize>().ok()?.checked_sub(1)?));
        }
        if let Some(at) = text.strip_prefix("cast") {
            return Some(Self::Cast(at.parse::<usize>().ok()?.checked_sub(1)?));
        }
        if text.contains(':') {
            let columns = text.split('+').map(|pair| {
                let (name, ty) = pair.split_once(':')?;
                Some((name, Type::from_name(ty)?))
            });
            return columns.collect::<Option<Vec<_>>>().map(Self::Columns);
        }
        Some(match text {
            "widen" => Self::Widened,
            "bin" => Self::Binned,
            "average" => Self::Average,
            "common" => Self::Common,
            "iff" => Self::Iff,
            "case" => Self::Case,
            "percentiles" => Self::Percentiles,
            "arg" => Self::ArgMax,
            "any" => Self::TakeAny,
            "sorted" => Self::Sorted,
            name => Self::Type(Type::from_name(name)?),
        })
    }
}

/// What the column that a function makes is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnRule {
    /// `Column1` and so on.
    Unnamed,
    /// As the first argument.
    Argument,
    /// What the first argument, a string, says, if there is such a column.
    Literal,
    /// This, with the first argument's name behind it.
    Prefix(&'static str),
    /// Always this.
    Fixed(&'static str),
}

impl ColumnRule {
    fn read(text: &'static str) -> Self {
        match text {
            "-" => Self::Unnamed,
            "arg" => Self::Argument,
            "literal" => Self::Literal,
            _ => match text.strip_suffix('*') {
                Some(prefix) => Self::Prefix(prefix),
                None => Self::Fixed(text),
            },
        }
    }
}

/// A plug-in of `evaluate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plugin {
    /// Its name.
    pub(crate) name: &'static str,
    /// How many arguments it takes.
    pub(crate) arguments: Arity,
    /// The columns of its result, or the word for a rule of its own.
    pub(crate) columns: &'static str,
}

fn read_function(line: &'static str) -> Option<BuiltInFunction> {
    let mut fields = line.split('\t');
    let name = fields.next()?;
    let kind = match fields.next()? {
        "scalar" => FunctionKind::Scalar,
        "aggregate" => FunctionKind::Aggregate,
        _ => return None,
    };
    let arguments = Arity::read(fields.next()?)?;
    let parameters = match fields.next()? {
        "-" => Vec::new(),
        list => list.split(',').map(Takes::read).collect::<Option<_>>()?,
    };
    Some(BuiltInFunction {
        name,
        kind,
        arguments,
        parameters,
        result: Gives::read(fields.next()?)?,
        column: ColumnRule::read(fields.next()?),
    })
}

struct Index {
    scalar: HashMap<&'static str, BuiltInFunction>,
    aggregate: HashMap<&'static str, BuiltInFunction>,
    plugins: HashMap<&'static str, Plugin>,
}

fn index() -> &'static Index {
    static INDEX: OnceLock<Index> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index = Index {
            scalar: HashMap::new(),
            aggregate: HashMap::new(),
            plugins: HashMap::new(),
        };
        for function in FUNCTIONS.lines().skip(1).filter_map(read_function) {
            let map = match function.kind {
                FunctionKind::Scalar => &mut index.scalar,
                FunctionKind::Aggregate => &mut index.aggregate,
            };
            map.insert(function.name, function);
        }
        for line in PLUGINS.lines().skip(1) {
            let mut fields = line.split('\t');
            if let (Some(name), Some(arguments), Some(columns)) = (
                fields.next(),
                fields.next().and_then(Arity::read),
                fields.next(),
            ) {
                index.plugins.insert(
                    name,
                    Plugin {
                        name,
                        arguments,
                        columns,
                    },
                );
            }
        }
        index
    })
}

/// The scalar function called `name`.
pub(crate) fn scalar_function(name: &str) -> Option<&'static BuiltInFunction> {
    index().scalar.get(name)
}

/// The aggregate called `name`.
pub(crate) fn aggregate_function(name: &str) -> Option<&'static BuiltInFunction> {
    index().aggregate.get(name)
}

/// The plug-in called `name`.
pub(crate) fn plugin(name: &str) -> Option<Plugin> {
    index().plugins.get(name).copied()
}

/// The names of all functions and aggregates, as the data has them.
pub(crate) fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next())
}

/// The names of all plug-ins, as the data has them.
pub(crate) fn plugin_names() -> impl Iterator<Item = &'static str> {
    PLUGINS
        .lines()
        .skip(1)
        .filter_map(|line| line.split('\t').next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_in_order() {
        let mut before = ("", "");
        for line in FUNCTIONS.lines().skip(1) {
            let function = read_function(line).unwrap_or_else(|| panic!("not read: {line}"));
            assert_eq!(line.split('\t').count(), 6, "{line}");
            let key = (function.name, line.split('\t').nth(1).unwrap());
            assert!(before < key, "not in order: {line}");
            before = key;
        }
        let plugins: Vec<_> = plugin_names().collect();
        assert!(plugins.is_sorted_by(|a, b| a < b));
        assert!(plugins.iter().all(|name| plugin(name).is_some()));
    }
}
