//! Which operators go with which types, and what they give.

use crate::kql::ast::BinaryOp;
use crate::kql::types::Type;

/// The type that numbers of both types are computed in.
fn widest(a: Type, b: Type) -> Type {
    for ty in [Type::Decimal, Type::Real, Type::Long] {
        if a == ty || b == ty {
            return ty;
        }
    }
    Type::Long
}

/// What `left op right` gives; None when the operator is not defined for these types.
pub(super) fn binary(op: BinaryOp, left: Type, right: Type) -> Option<Type> {
    match op {
        BinaryOp::Add
        | BinaryOp::Subtract
        | BinaryOp::Multiply
        | BinaryOp::Divide
        | BinaryOp::Modulo => arithmetic(op, left, right),
        _ if left.is_unknown() || right.is_unknown() => Some(Type::Bool),
        BinaryOp::Equal | BinaryOp::NotEqual => Some(Type::Bool),
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
            ordered(left, right).then_some(Type::Bool)
        }
        BinaryOp::EqualTilde
        | BinaryOp::NotTilde
        | BinaryOp::Text { .. }
        | BinaryOp::MatchesRegex => (is_text(left) && is_text(right)).then_some(Type::Bool),
        BinaryOp::Search => Some(Type::Bool),
    }
}

/// Whether the word operators on strings take values of type `ty`.
pub(super) fn is_text(ty: Type) -> bool {
    ty == Type::String || ty.is_dynamic() || ty.is_unknown()
}

fn ordered(left: Type, right: Type) -> bool {
    let number = |ty: Type| ty.is_number() || ty == Type::Bool;
    match (left, right) {
        (Type::Datetime, Type::Datetime) | (Type::Timespan, Type::Timespan) => true,
        (a, b) if a.is_dynamic() => b.is_number() || b.is_dynamic(),
        (a, b) if b.is_dynamic() => a.is_number(),
        (a, b) => number(a) && number(b),
    }
}

fn arithmetic(op: BinaryOp, left: Type, right: Type) -> Option<Type> {
    use Type::Datetime;
    use Type::Timespan;
    if left.is_unknown() || right.is_unknown() {
        return Some(match (op, left, right) {
            (_, number, Type::Unknown) if number.is_number() => widened(number),
            (BinaryOp::Add, Datetime, Type::Unknown) => Datetime,
            (BinaryOp::Add, Type::Unknown, Timespan) => Timespan,
            _ => Type::Unknown,
        });
    }
    if left.is_number() && right.is_number() {
        return Some(widest(left, right));
    }
    if left.is_dynamic() || right.is_dynamic() {
        let other = if left.is_dynamic() { right } else { left };
        if other.is_number() {
            return Some(widest(other, Type::Long));
        }
        if other.is_dynamic() {
            return Some(Type::Dynamic);
        }
        return match (op, other) {
            (BinaryOp::Add, Datetime) => Some(Datetime),
            (BinaryOp::Add | BinaryOp::Subtract, Timespan) | (BinaryOp::Subtract, Datetime) => {
                Some(Timespan)
            }
            _ => None,
        };
    }
    match (op, left, right) {
        (BinaryOp::Add, Datetime, Datetime | Timespan) | (BinaryOp::Add, Timespan, Datetime) => {
            Some(Datetime)
        }
        (BinaryOp::Add | BinaryOp::Subtract, Timespan, Timespan)
        | (BinaryOp::Subtract, Datetime, Datetime) => Some(Timespan),
        (BinaryOp::Subtract, Datetime, Timespan) | (BinaryOp::Subtract, Timespan, Datetime) => {
            Some(Datetime)
        }
        (BinaryOp::Multiply, number, span @ (Datetime | Timespan)) if number.is_number() => {
            Some(span)
        }
        (
            BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo,
            span @ (Datetime | Timespan),
            number,
        ) if number.is_number() => Some(span),
        (BinaryOp::Multiply, Timespan, Timespan) => Some(Timespan),
        (BinaryOp::Divide, Datetime, Datetime | Timespan)
        | (BinaryOp::Divide, Timespan, Timespan) => Some(Type::Real),
        (BinaryOp::Modulo, Datetime, Datetime | Timespan)
        | (BinaryOp::Modulo, Timespan, Timespan) => Some(Timespan),
        _ => None,
    }
}

/// The type that values of all `types` are given as, by `iff`, `case`, `coalesce` and the like.
pub(super) fn common(types: impl IntoIterator<Item = Type>) -> Type {
    let mut common: Option<Type> = None;
    for ty in types {
        common = Some(match common {
            None => ty,
            Some(before) => join(before, ty),
        });
    }
    common.unwrap_or(Type::Unknown)
}

fn join(a: Type, b: Type) -> Type {
    if a == b || b.is_unknown() {
        return a;
    }
    if a.is_unknown() {
        return b;
    }
    if a.is_number() && b.is_number() {
        return widest(a, b);
    }
    if a.is_dynamic() && b.is_dynamic() {
        return Type::Dynamic;
    }
    if a == Type::String && b.is_dynamic() || b == Type::String && a.is_dynamic() {
        return Type::String;
    }
    if a.is_dynamic() {
        return b;
    }
    if b.is_dynamic() {
        return a;
    }
    Type::Dynamic
}

/// What `bin` and its kin give for these arguments.
pub(super) fn binned(value: Type, size: Type) -> Type {
    if value.is_number() && size.is_number() {
        return widest(value, size);
    }
    widened(value)
}

/// `int` made `long`, anything else as it is.
pub(super) fn widened(ty: Type) -> Type {
    if ty == Type::Int { Type::Long } else { ty }
}

/// An operator as it is written.
pub(super) fn op_text(op: BinaryOp) -> String {
    let fixed = match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Modulo => "%",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::EqualTilde => "=~",
        BinaryOp::NotTilde => "!~",
        BinaryOp::Search => ":",
        BinaryOp::MatchesRegex => "matches regex",
        BinaryOp::Text {
            op,
            negated,
            case_sensitive,
        } => {
            let word = format!("{op:?}").to_ascii_lowercase();
            let mark = if negated { "!" } else { "" };
            let case = if case_sensitive { "_cs" } else { "" };
            return format!("{mark}{word}{case}");
        }
    };
    fixed.to_owned()
}

/// What would make the operands fit.
pub(super) fn type_help(op: BinaryOp, left: Type, right: Type) -> Option<String> {
    match op {
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
            if left.is_number() && right == Type::String
                || left == Type::String && right.is_number()
            {
                return Some(
                    "`toint()`, `tolong()` or `toreal()` makes a number of a string".to_owned(),
                );
            }
            if left == Type::Datetime && right == Type::String
                || left == Type::String && right == Type::Datetime
            {
                return Some("`datetime(…)` and `todatetime()` make a point in time".to_owned());
            }
            None
        }
        BinaryOp::Add if left == Type::String || right == Type::String => {
            Some("strings are joined with `strcat()`".to_owned())
        }
        BinaryOp::Text { .. }
        | BinaryOp::EqualTilde
        | BinaryOp::NotTilde
        | BinaryOp::MatchesRegex => Some("`tostring()` makes a string of any value".to_owned()),
        _ => None,
    }
}
