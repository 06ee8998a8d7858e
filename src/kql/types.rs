//! The types of the language.

use std::fmt;

/// The type of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    /// `bool`
    Bool,
    /// `int`, 32 bits
    Int,
    /// `long`, 64 bits
    Long,
    /// `real`, double precision
    Real,
    /// `decimal`, 128 bits
    Decimal,
    /// `string`
    String,
    /// `datetime`
    Datetime,
    /// `timespan`
    Timespan,
    /// `guid`
    Guid,
    /// `dynamic` of unknown content
    Dynamic,
    /// `dynamic` that holds an array
    Array,
    /// `dynamic` that holds a bag
    Bag,
    /// Not known: the name was not found, or the column of an open table
    Unknown,
}

impl Type {
    /// The type that `name` names in a declaration, aliases included.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "bool" | "boolean" => Self::Bool,
            "int" | "int32" | "int16" | "int8" | "uint" | "uint32" | "uint16" | "byte" => Self::Int,
            "long" | "int64" | "ulong" | "uint64" => Self::Long,
            "real" | "double" | "float" => Self::Real,
            "decimal" => Self::Decimal,
            "string" => Self::String,
            "datetime" | "date" => Self::Datetime,
            "timespan" | "time" => Self::Timespan,
            "guid" | "uuid" | "uniqueid" => Self::Guid,
            "dynamic" => Self::Dynamic,
            "array" => Self::Array,
            "bag" => Self::Bag,
            _ => return None,
        })
    }

    /// The type's name in the language.
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
            Self::Dynamic | Self::Array | Self::Bag => "dynamic",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it is one of the four number types.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Long | Self::Real | Self::Decimal)
    }

    /// Whether it is `int` or `long`.
    pub(crate) fn is_integer(self) -> bool {
        matches!(self, Self::Int | Self::Long)
    }

    /// Whether it is `dynamic`, whatever the content.
    pub(crate) fn is_dynamic(self) -> bool {
        matches!(self, Self::Dynamic | Self::Array | Self::Bag)
    }

    /// Whether nothing is known of it, so that nothing is to be said against it.
    pub(crate) fn is_unknown(self) -> bool {
        self == Self::Unknown
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
