//! The names of columns that a query does not name.

use std::sync::Arc;

use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::literal::Literal;

/// Functions whose column is called as their argument's, as the service does.
const AS_ARGUMENT: &str = " abs acos array_sort_asc array_sort_desc asin atan atan2 bin bin_at bin_auto binary_and \
    binary_not binary_or binary_shift_left binary_shift_right binary_xor bitset_count_ones ceiling cos erf erfc exp \
    exp10 exp2 floor format_bytes format_datetime format_timespan gamma log log10 log2 loggamma parse_csv parse_json \
    parse_xml parsejson pow rand round series_fill_backward series_fill_const series_fill_forward series_fill_linear \
    series_fir series_iir series_outliers sin split sqrt startofday tan tobool toboolean todatetime todecimal \
    todouble todynamic toguid tohex toint tolong toobject toreal tostring totime totimespan ";

/// Functions whose column is called as themselves and their argument.
const WITH_ARGUMENT: &str = " dcount_hll gettype:type percentile_tdigest repeat series_decompose \
    series_decompose_anomalies series_decompose_forecast series_fit_line series_stats string_size strlen treepath:tree ";

/// The name that the value itself suggests.
pub(crate) fn column_name(expr: &Expr) -> Option<Arc<str>> {
    match &expr.kind {
        ExprKind::Name(ident) => Some(Arc::clone(&ident.text)),
        ExprKind::Paren(inner) => column_name(inner),
        ExprKind::Path { target, selector } => {
            let selector = column_name(selector)?;
            match &target.kind {
                ExprKind::Name(side) if side.text.starts_with('$') => Some(selector),
                _ => Some(format!("{}_{selector}", column_name(target)?).into()),
            }
        }
        ExprKind::Index { target, index } => {
            let target = column_name(target)?;
            match &index.kind {
                ExprKind::Literal(Literal::String(key)) => Some(format!("{target}_{key}").into()),
                ExprKind::Literal(Literal::Long(Some(n))) => Some(format!("{target}_{n}").into()),
                _ => None,
            }
        }
        ExprKind::Call(call) => {
            let name = &*call.name.text;
            let first = call.arguments.first().map(|a| &a.value);
            if AS_ARGUMENT.contains(&format!(" {name} ")) {
                return first.and_then(column_name);
            }
            if matches!(name, "column_ifexists" | "columnifexists") {
                return match &first?.kind {
                    ExprKind::Literal(Literal::String(text)) => Some(Arc::clone(text)),
                    _ => None,
                };
            }
            for entry in WITH_ARGUMENT.split_whitespace() {
                let (function, prefix) = entry.split_once(':').unwrap_or((entry, entry));
                if function == name {
                    return Some(format!("{prefix}_{}", column_name(first?)?).into());
                }
            }
            None
        }
        _ => None,
    }
}

/// `name`, with a number behind it where it is taken already.
pub(crate) fn unique(name: &str, taken: impl Fn(&str) -> bool) -> Arc<str> {
    if !taken(name) {
        return name.into();
    }
    (1..=u32::MAX)
        .map(|n| format!("{name}{n}"))
        .find(|n| !taken(n))
        .expect("there are more numbers than columns")
        .into()
}
