//! Scalar types and values.
//!
//! A value does not know whether its column is `dynamic`: an element of a bag is held as the scalar that it is, so
//! that `dynamic(1)` and `1` compare as the language compares them. What the column's type is stands in the plan.

use std::cmp::Ordering;
use std::hash::Hash;
use std::hash::Hasher;
use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive as _;
use rust_decimal::prelude::ToPrimitive as _;

/// A scalar type of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Type {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `long`
    Long,
    /// `real`
    Real,
    /// `decimal`
    Decimal,
    /// `string`
    String,
    /// `datetime`
    Datetime,
    /// `timespan`
    Timespan,
    /// `guid`
    Guid,
    /// `dynamic`
    Dynamic,
}

impl Type {
    /// The type that `name` names in a declaration, as the parser of the language reads it.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        crate::kql::Type::from_name(name).map(Self::from)
    }

    /// Its name in the language.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Long => "long",
            Self::Real => "real",
            Self::Decimal => "decimal",
            Self::String => "string",
            Self::Datetime => "datetime",
            Self::Timespan => "timespan",
            Self::Guid => "guid",
            Self::Dynamic => "dynamic",
        }
    }

    /// Its .NET name, as `getschema` shows it.
    pub(crate) fn system_name(self) -> &'static str {
        match self {
            Self::Bool => "System.SByte",
            Self::Int => "System.Int32",
            Self::Long => "System.Int64",
            Self::Real => "System.Double",
            Self::Decimal => "System.Data.SqlTypes.SqlDecimal",
            Self::String => "System.String",
            Self::Datetime => "System.DateTime",
            Self::Timespan => "System.TimeSpan",
            Self::Guid => "System.Guid",
            Self::Dynamic => "System.Object",
        }
    }

    /// Whether it counts or measures.
    pub(crate) fn is_numeric(self) -> bool {
        matches!(self, Self::Int | Self::Long | Self::Real | Self::Decimal)
    }
}

/// What holds arrays, bags or anything unknown is `dynamic` to the engine.
impl From<crate::kql::Type> for Type {
    fn from(ty: crate::kql::Type) -> Self {
        use crate::kql::Type as Static;
        match ty {
            Static::Bool => Self::Bool,
            Static::Int => Self::Int,
            Static::Long => Self::Long,
            Static::Real => Self::Real,
            Static::Decimal => Self::Decimal,
            Static::String => Self::String,
            Static::Datetime => Self::Datetime,
            Static::Timespan => Self::Timespan,
            Static::Guid => Self::Guid,
            Static::Dynamic | Static::Array | Static::Bag | Static::Unknown => Self::Dynamic,
        }
    }
}

/// A bag's members, in order.
pub(crate) type Bag = Vec<(Arc<str>, Value)>;

/// A value.
#[derive(Debug, Clone, Default)]
pub(crate) enum Value {
    /// The null of its column's type; a string is never null but empty.
    #[default]
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Int(i32),
    /// `long`
    Long(i64),
    /// `real`
    Real(f64),
    /// `decimal`
    Decimal(Decimal),
    /// `string`
    String(Arc<str>),
    /// `datetime`, in ticks of 100 ns since the first day of year 1
    Datetime(i64),
    /// `timespan`, in ticks
    Timespan(i64),
    /// `guid`, most significant byte first
    Guid([u8; 16]),
    /// A `dynamic` array.
    Array(Arc<Vec<Self>>),
    /// A `dynamic` property bag.
    Bag(Arc<Bag>),
}

impl Value {
    /// A string value.
    pub(crate) fn text(text: &str) -> Self {
        Self::String(text.into())
    }

    /// An array value.
    pub(crate) fn array(items: Vec<Self>) -> Self {
        Self::Array(Arc::new(items))
    }

    /// A bag value.
    pub(crate) fn bag(members: Bag) -> Self {
        Self::Bag(Arc::new(members))
    }

    /// Whether it is null.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The truth value, if it is one; numbers count as true when they are not zero.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            Self::Int(n) => Some(*n != 0),
            Self::Long(n) => Some(*n != 0),
            Self::Real(n) => Some(*n != 0.0),
            _ => None,
        }
    }

    /// The whole number, where it is a number; reals are cut.
    pub(crate) fn as_long(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(i64::from(*n)),
            Self::Long(n) => Some(*n),
            Self::Real(n) if n.is_finite() => Some(*n as i64),
            Self::Decimal(n) => n.trunc().to_i64(),
            Self::Bool(b) => Some(i64::from(*b)),
            _ => None,
        }
    }

    /// The number as a real, where it is one.
    pub(crate) fn as_real(&self) -> Option<f64> {
        match self {
            Self::Int(n) => Some(f64::from(*n)),
            Self::Long(n) => Some(*n as f64),
            Self::Real(n) => Some(*n),
            Self::Decimal(n) => n.to_f64(),
            Self::Bool(b) => Some(f64::from(u8::from(*b))),
            _ => None,
        }
    }

    /// The number as a decimal, where it is one.
    pub(crate) fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Int(n) => Some(Decimal::from(*n)),
            Self::Long(n) => Some(Decimal::from(*n)),
            Self::Real(n) => Decimal::from_f64(*n),
            Self::Decimal(n) => Some(*n),
            _ => None,
        }
    }

    /// The text, where it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, where it is an array.
    pub(crate) fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The member `key` of a bag.
    pub(crate) fn member(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Bag(bag) => bag.iter().find(|(k, _)| &**k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The type of this very value; none for null.
    pub(crate) fn runtime_type(&self) -> Option<Type> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Long(_) => Type::Long,
            Self::Real(_) => Type::Real,
            Self::Decimal(_) => Type::Decimal,
            Self::String(_) => Type::String,
            Self::Datetime(_) => Type::Datetime,
            Self::Timespan(_) => Type::Timespan,
            Self::Guid(_) => Type::Guid,
            Self::Array(_) | Self::Bag(_) => Type::Dynamic,
        })
    }

    /// The order of the language's comparison operators; none where the two cannot be compared.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        use Value::{Bool, Datetime, Decimal, Guid, Int, Long, Real, String, Timespan};
        match (self, other) {
            (String(a), String(b)) => Some(a.as_ref().cmp(b.as_ref())),
            (Datetime(a), Datetime(b)) | (Timespan(a), Timespan(b)) | (Long(a), Long(b)) => {
                Some(a.cmp(b))
            }
            (Guid(a), Guid(b)) => Some(a.cmp(b)),
            (Bool(a), Bool(b)) => Some(a.cmp(b)),
            (Decimal(_), Decimal(_) | Int(_) | Long(_)) | (Int(_) | Long(_), Decimal(_)) => {
                Some(self.as_decimal()?.cmp(&other.as_decimal()?))
            }
            (Real(_) | Decimal(_), _) | (_, Real(_) | Decimal(_)) => {
                self.as_real()?.partial_cmp(&other.as_real()?)
            }
            (Int(_) | Long(_) | Bool(_), Int(_) | Long(_) | Bool(_)) => {
                Some(self.as_long()?.cmp(&other.as_long()?))
            }
            // A dynamic text beside a typed value: the text is read as that type.
            (String(a), Datetime(b)) => Some(crate::kql::literal::parse_datetime(a)?.cmp(b)),
            (Datetime(a), String(b)) => Some(a.cmp(&crate::kql::literal::parse_datetime(b)?)),
            (String(a), Guid(_)) => Some(a.to_lowercase().cmp(&other.to_text().to_lowercase())),
            (Guid(_), String(b)) => Some(self.to_text().to_lowercase().cmp(&b.to_lowercase())),
            _ => None,
        }
    }

    /// The total order of sorts: nulls least, then by type, then by value; NaN below all numbers.
    pub(crate) fn total_order(&self, other: &Self) -> Ordering {
        fn rank(value: &Value) -> u8 {
            match value {
                Value::Null => 0,
                Value::Bool(_)
                | Value::Int(_)
                | Value::Long(_)
                | Value::Real(_)
                | Value::Decimal(_) => 1,
                Value::Datetime(_) => 2,
                Value::Timespan(_) => 3,
                Value::Guid(_) => 4,
                Value::String(_) => 5,
                Value::Array(_) => 6,
                Value::Bag(_) => 7,
            }
        }
        let ranks = rank(self).cmp(&rank(other));
        if ranks != Ordering::Equal {
            return ranks;
        }
        if let Some(order) = self.compare(other) {
            return order;
        }
        match (self, other) {
            (Self::Real(a), b) if a.is_nan() => match b {
                Self::Real(b) if b.is_nan() => Ordering::Equal,
                _ => Ordering::Less,
            },
            (_, Self::Real(b)) if b.is_nan() => Ordering::Greater,
            (Self::Array(_) | Self::Bag(_), _) => self.to_text().cmp(&other.to_text()),
            _ => Ordering::Equal,
        }
    }
}

/// Sameness for grouping, joining and sets: null equals null, NaN equals NaN, `1` equals `1.0`.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Null, _) | (_, Self::Null) => false,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => a == b,
            (Self::Bag(a), Self::Bag(b)) => {
                a.len() == b.len() && a.iter().all(|(k, v)| other.member(k) == Some(v))
            }
            (Self::Real(a), Self::Real(b)) if a.is_nan() && b.is_nan() => true,
            (Self::String(_), _) | (_, Self::String(_)) => false,
            _ => self.compare(other) == Some(Ordering::Equal),
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Null => 0_u8.hash(state),
            Self::String(text) => {
                1_u8.hash(state);
                text.hash(state);
            }
            Self::Datetime(n) => {
                2_u8.hash(state);
                n.hash(state);
            }
            Self::Timespan(n) => {
                3_u8.hash(state);
                n.hash(state);
            }
            Self::Guid(n) => {
                4_u8.hash(state);
                n.hash(state);
            }
            Self::Array(items) => {
                5_u8.hash(state);
                items.hash(state);
            }
            Self::Bag(bag) => {
                // Members may stand in any order.
                6_u8.hash(state);
                bag.len().hash(state);
            }
            Self::Bool(_) | Self::Int(_) | Self::Long(_) => {
                7_u8.hash(state);
                (self.as_long().unwrap_or_default() as f64)
                    .to_bits()
                    .hash(state);
            }
            Self::Real(_) | Self::Decimal(_) => {
                7_u8.hash(state);
                let real = self.as_real().unwrap_or_default();
                let real = if real == 0.0 { 0.0 } else { real };
                if real.is_nan() { f64::NAN } else { real }
                    .to_bits()
                    .hash(state);
            }
        }
    }
}

/// Nothing stands for null.
impl<T> From<Option<T>> for Value
where
    Self: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Long(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}
