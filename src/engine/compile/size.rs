//! `estimate_data_size()`: how many bytes columns take, so far as the reference tells.

use super::Cx;
use crate::engine::code::Code;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::text::text;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Call;
use crate::kql::ast::ExprKind;

impl<'q> Cx<'_, 'q> {
    /// `estimate_data_size(…)`: what the reference counts of its example, the width of a number and the length of a text.
    pub(super) fn data_size(&self, call: &'q Call) -> Result<Code> {
        let mut parts = Vec::new();
        for argument in &call.arguments {
            if matches!(argument.value.kind, ExprKind::Star) {
                let all = self.columns.iter().enumerate();
                parts.extend(
                    all.filter(|(_, c)| c.is_visible())
                        .map(|(i, _)| self.column(i)),
                );
            } else {
                parts.push(self.scalar(&argument.value)?);
            }
        }
        let mut fixed = 0;
        for part in &parts {
            fixed += match part.ty {
                Type::String => 0,
                Type::Bool => 1,
                Type::Int => 4,
                Type::Long | Type::Real | Type::Datetime | Type::Timespan => 8,
                Type::Guid => 16,
                Type::Decimal | Type::Dynamic => {
                    return Err(Error::unsupported(format!(
                        "`estimate_data_size()` of `{}`",
                        part.ty.name()
                    )));
                }
            };
        }
        let texts: Vec<Code> = parts.into_iter().filter(|p| p.ty == Type::String).collect();
        let inputs = texts.clone();
        Ok(Code::new(Type::Long, move |row| {
            let lengths = texts.iter().map(|t| text(&t.get(row)).len() as i64);
            Value::Long(lengths.sum::<i64>() + fixed)
        })
        .folded(&inputs.iter().collect::<Vec<_>>()))
    }
}
