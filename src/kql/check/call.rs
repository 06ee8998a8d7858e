//! Calls: of `let` functions, stored functions, and the functions of the language.

use std::sync::Arc;

use super::Aggregates;
use super::Checker;
use super::env::Local;
use super::env::LocalFunction;
use super::env::Value;
use super::types;
use crate::kql::ast::Call;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::Parameter;
use crate::kql::ast::ParameterKind;
use crate::kql::ast::StatementKind;
use crate::kql::diagnostic::Diagnostic;
use crate::kql::functions::BuiltInFunction;
use crate::kql::functions::Gives;
use crate::kql::functions::Takes;
use crate::kql::functions::aggregate_function;
use crate::kql::functions::function_names;
use crate::kql::functions::scalar_function;
use crate::kql::literal::Literal;
use crate::kql::span::TextSpan;
use crate::kql::suggest::nearest;
use crate::kql::table::Column;
use crate::kql::table::Table;
use crate::kql::types::Type;

/// Whether `name` is that of a function that gives a database, a table or a graph, or looks into one.
pub(super) fn is_special(name: &str) -> bool {
    matches!(
        name,
        "cluster"
            | "column_names_of"
            | "database"
            | "entity_group"
            | "external_table"
            | "graph"
            | "inner_nodes"
            | "labels"
            | "materialized_view"
            | "node_degree_in"
            | "node_degree_out"
            | "node_id"
            | "stored_query_result"
            | "table"
    )
}

impl<'a> Checker<'a> {
    /// A call; `input` is the table that `invoke` hands over as the first argument.
    pub(super) fn call(&mut self, call: &'a Call, input: Option<Table>) -> Value<'a> {
        let name = &*call.name.text;
        match self.env.get(name).cloned() {
            Some(Local::Function(function)) => {
                return self.call_named(name, &function, &call.arguments, call.name.span, input);
            }
            Some(Local::Unknown | Local::Value(Value::Unknown)) => {
                self.arguments(&call.arguments);
                return Value::Table(Table::unknown());
            }
            Some(Local::Value(Value::Function(function))) => {
                return self.call_named(name, &function, &call.arguments, call.name.span, input);
            }
            _ => {}
        }
        if let Some(value) = self.special_call(call) {
            return value;
        }
        let aggregate = aggregate_function(name);
        let scalar = scalar_function(name);
        match (self.aggregates, aggregate, scalar) {
            (Aggregates::Wanted, Some(function), _) => return self.aggregate_call(function, call),
            (_, None, Some(function)) | (Aggregates::Refused, Some(_), Some(function)) => {
                return self.scalar_call(function, call);
            }
            (Aggregates::Refused, Some(_), None) => {
                self.report(
                    Diagnostic::error(
                        "kql-aggregate-not-allowed",
                        call.name.span,
                        format!("the aggregate `{name}` is not allowed here"),
                    )
                    .with_help(
                        "aggregates are called in `summarize`, `make-series` and `top-nested`",
                    ),
                );
                self.arguments(&call.arguments);
                return Value::Unknown;
            }
            (_, None, None) => {}
        }
        if let Some(function) = self.schema.function(name) {
            let value = self.call_stored(&function.name, &call.arguments, call.name.span, input);
            return self.watchlist(call).unwrap_or(value);
        }
        if let Some(function) = self.schema.asim_function(name) {
            self.asim_arguments(function.parameters, call);
            return Value::Table(function.table);
        }
        self.arguments(&call.arguments);
        if name.is_empty() {
            return Value::Unknown;
        }
        if super::plugin::is_plugin(name) {
            self.report(
                Diagnostic::error(
                    "kql-plugin-not-allowed",
                    call.name.span,
                    format!("the plug-in `{name}` is not allowed here"),
                )
                .with_help(format!(
                    "plug-ins are called by `evaluate`: `| evaluate {name}(…)`"
                )),
            );
            return Value::Unknown;
        }
        let finding = Diagnostic::error(
            "kql-unknown-function",
            call.name.span,
            format!("`{name}` is not a known function"),
        );
        let near = if self.quiet == 0 {
            let mut known: Vec<&str> = self.env.names().collect();
            for function in function_names() {
                known.push(function);
            }
            known.extend(self.schema.function_names());
            nearest(name, known).map(str::to_owned)
        } else {
            None
        };
        self.report(match near {
            Some(near) => finding.with_help(format!("there is `{near}`")),
            None => finding,
        });
        Value::Unknown
    }

    /// Calls that give databases and tables.
    fn special_call(&mut self, call: &'a Call) -> Option<Value<'a>> {
        let name = &*call.name.text;
        let value = match name {
            "database" | "cluster" => {
                self.arguments(&call.arguments);
                if let Some(argument) = call.arguments.first()
                    && let Some(text) = self.constant_text(&argument.value)
                    && !matches!(
                        self.env.get(&text),
                        Some(Local::Value(Value::OtherDatabase))
                    )
                {
                    self.report(Diagnostic::warning(
                        "kql-unknown-database",
                        argument.value.span,
                        format!("nothing is known of the {name} `{text}`, so its tables and columns are not checked"),
                    ));
                }
                Value::OtherDatabase
            }
            "workspace" | "app" | "resource" | "adx" | "arg" => {
                self.arguments(&call.arguments);
                Value::OtherDatabase
            }
            "table" => {
                self.arguments(&call.arguments);
                let first = call.arguments.first();
                if let Some(table) = first.and_then(|a| self.constant_text(&a.value)) {
                    let ident = crate::kql::ast::Ident {
                        text: table,
                        span: first.map_or(call.name.span, |a| a.value.span),
                    };
                    if let Some(value) = self.schema_name(&ident) {
                        value
                    } else {
                        self.unknown_table(&ident);
                        Value::Table(Table::unknown())
                    }
                } else {
                    self.reads_named_table = true;
                    Value::Table(Table::unknown())
                }
            }
            "column_names_of" => {
                if let Some(argument) = call.arguments.first() {
                    self.table(&argument.value);
                }
                Value::Scalar(Type::Array)
            }
            name @ ("external_table" | "materialized_view" | "stored_query_result") => {
                self.arguments(&call.arguments);
                if name == "materialized_view"
                    && let Some(first) = call.arguments.first()
                    && let Some(view) = self.constant_text(&first.value)
                {
                    // Log Analytics has none, and a schema file cannot list any.
                    self.error(
                        "kql-unknown-table",
                        first.value.span,
                        format!("`{view}` is not a known materialized view"),
                    );
                }
                Value::Table(Table::unknown())
            }
            "graph" => {
                self.arguments(&call.arguments);
                let first = call.arguments.first();
                if first.is_some_and(|a| self.constant_text(&a.value).is_some()) {
                    self.error(
                        "kql-unknown-graph",
                        call.name.span,
                        "there is no graph model of this name",
                    );
                }
                Value::Graph {
                    nodes: Table::default(),
                    edges: Table::default(),
                }
            }
            "labels" | "node_degree_in" | "node_degree_out" | "inner_nodes" | "map" | "all"
            | "any"
                if self.graph.is_some() =>
            {
                self.graph_call(call)
            }
            _ => return None,
        };
        Some(value)
    }

    /// The string that an expression is, when that is written in the query.
    pub(super) fn constant_text(&self, expr: &Expr) -> Option<Arc<str>> {
        match &expr.kind {
            ExprKind::Literal(Literal::String(text)) => Some(Arc::clone(text)),
            ExprKind::Paren(inner) => self.constant_text(inner),
            ExprKind::Name(name) => match self.env.get(&name.text)? {
                Local::Scalar { text, .. } => text.clone(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Checks the arguments alone, when nothing is known of what they are for.
    fn arguments(&mut self, arguments: &'a [NamedExpr]) {
        for argument in arguments {
            self.expr(&argument.value);
        }
    }

    fn asim_arguments(&mut self, parameters: &'static str, call: &'a Call) {
        let known = || parameters.split(',').filter_map(|p| p.split(':').next());
        if call.arguments.len() > known().count() {
            self.wrong_count(
                &call.name.text,
                call.name.span,
                &format!("at most {} arguments", known().count()),
            );
        }
        for argument in &call.arguments {
            if let Some(name) = argument.name()
                && !known().any(|p| p == &*name.text)
            {
                self.unknown_parameter(&call.name.text, name, known());
            }
            self.expr(&argument.value);
        }
    }

    fn unknown_parameter<'n>(
        &mut self,
        function: &str,
        name: &crate::kql::ast::Ident,
        known: impl Iterator<Item = &'n str>,
    ) {
        let finding = Diagnostic::error(
            "kql-parameter-name",
            name.span,
            format!("`{}` is not a parameter of `{function}`", name.text),
        );
        self.report(match nearest(&name.text, known) {
            Some(near) => finding.with_help(format!("there is `{near}`")),
            None => finding,
        });
    }

    fn wrong_count(&mut self, function: &str, span: TextSpan, expected: &str) {
        self.error(
            "kql-argument-count",
            span,
            format!("`{function}` takes {expected}"),
        );
    }

    /// The rows of the watchlist that the call names, when its columns are known.
    fn watchlist(&mut self, call: &'a Call) -> Option<Value<'a>> {
        if &*call.name.text != "_GetWatchlist" {
            return None;
        }
        let argument = &call.arguments.first()?.value;
        let alias = self.constant_text(argument)?;
        let schema = self.schema;
        let known = match schema.watchlist(&alias) {
            Ok(found) => return found.map(|table| Value::Table(table.clone())),
            Err(known) => known,
        };
        let finding = Diagnostic::error(
            "kql-unknown-watchlist",
            argument.span,
            format!("the workspace has no watchlist `{alias}`"),
        );
        let near = nearest(&alias, known);
        self.report(match near {
            Some(near) => finding.with_help(format!("there is `{near}`")),
            None => finding,
        });
        None
    }

    /// A call of a stored function.
    pub(super) fn call_stored(
        &mut self,
        name: &'a str,
        arguments: &'a [NamedExpr],
        span: TextSpan,
        input: Option<Table>,
    ) -> Value<'a> {
        let Some(function) = self.schema.function(name) else {
            return Value::Unknown;
        };
        let Some(StatementKind::Let { value, .. }) =
            function.parsed().query.statements.first().map(|s| &s.kind)
        else {
            self.arguments(arguments);
            return Value::Table(Table::unknown());
        };
        let ExprKind::Function(declared) = &value.kind else {
            self.arguments(arguments);
            return Value::Table(Table::unknown());
        };
        let local = LocalFunction {
            parameters: &declared.parameters,
            body: &declared.body,
            env: super::Env::default(),
            result: std::cell::OnceCell::new(),
        };
        self.call_named(name, &local, arguments, span, input)
    }

    /// A call of a `let` function.
    pub(super) fn call_local(
        &mut self,
        function: &LocalFunction<'a>,
        arguments: &'a [NamedExpr],
        span: TextSpan,
        input: Option<Table>,
    ) -> Value<'a> {
        self.call_named("the function", function, arguments, span, input)
    }

    fn call_named(
        &mut self,
        name: &str,
        function: &LocalFunction<'a>,
        arguments: &'a [NamedExpr],
        span: TextSpan,
        input: Option<Table>,
    ) -> Value<'a> {
        let parameters = function.parameters;
        let mut values: Vec<Option<Value<'a>>> = vec![None; parameters.len()];
        let mut texts: Vec<Option<Arc<str>>> = vec![None; parameters.len()];
        let shift = usize::from(input.is_some());
        if let (Some(table), Some(first)) = (input, values.first_mut()) {
            *first = Some(Value::Table(table));
        }
        let mut too_many = false;
        for (at, argument) in arguments.iter().enumerate() {
            let position = match argument.name() {
                Some(given) => {
                    let position = parameters.iter().position(|p| p.name.text == given.text);
                    if position.is_none() {
                        self.unknown_parameter(
                            name,
                            given,
                            parameters.iter().map(|p| &*p.name.text),
                        );
                    }
                    position
                }
                None => Some(at + shift),
            };
            let parameter = position.and_then(|p| parameters.get(p));
            let value = self.argument(argument, parameter);
            if let Some(slot) = position.and_then(|p| texts.get_mut(p)) {
                *slot = self.constant_text(&argument.value);
            }
            match position.and_then(|p| values.get_mut(p)) {
                Some(slot) => *slot = Some(value),
                None => too_many |= position.is_some(),
            }
        }
        let missing = values
            .iter()
            .zip(parameters)
            .any(|(value, parameter)| value.is_none() && parameter.default.is_none());
        if too_many || missing {
            let least = parameters.iter().filter(|p| p.default.is_none()).count();
            let expected = match (least, parameters.len()) {
                (1, 1) => "1 argument".to_owned(),
                (least, most) if least == most => format!("{most} arguments"),
                (least, most) => format!("{least} to {most} arguments"),
            };
            self.wrong_count(name, span, &expected);
        }
        if let Some(result) = function.result.get() {
            return result.clone();
        }
        let outer = std::mem::replace(&mut self.env, function.env.clone());
        for ((parameter, value), given) in parameters.iter().zip(values).zip(texts) {
            let local = if let (ParameterKind::Table(_), Some(value)) = (&parameter.kind, value) {
                Local::Value(value)
            } else {
                self.quiet += 1;
                let mut local = self.parameter_local(parameter);
                self.quiet -= 1;
                if let Local::Scalar { text, .. } = &mut local {
                    *text = given.or_else(|| self.constant_text(parameter.default.as_ref()?));
                }
                local
            };
            self.env.define(Arc::clone(&parameter.name.text), local);
        }
        self.quiet += 1;
        let result = self.without_rows(|c| c.body(function.body));
        self.quiet -= 1;
        self.env = outer;
        result.unwrap_or(Value::Unknown)
    }

    fn argument(&mut self, argument: &'a NamedExpr, parameter: Option<&'a Parameter>) -> Value<'a> {
        if let Some(ParameterKind::Table(schema)) = parameter.map(|p| &p.kind) {
            let table = self.table(&argument.value);
            let lacking: Vec<_> = schema
                .columns
                .iter()
                .filter(|c| table.column(&c.name.text).is_none())
                .map(|c| format!("`{}`", c.name.text))
                .collect();
            if !lacking.is_empty() && !table.open {
                self.error(
                    "kql-table-columns",
                    argument.value.span,
                    format!(
                        "the table lacks the required columns {}",
                        lacking.join(", ")
                    ),
                );
            }
            Value::Table(table)
        } else {
            let value = self.expr(&argument.value);
            self.invoked(value, argument.value.span)
        }
    }

    fn scalar_call(&mut self, function: &'static BuiltInFunction, call: &'a Call) -> Value<'a> {
        self.built_in_call(function, call)
    }

    /// A call of an aggregate: inside, columns are named and aggregates are not.
    fn aggregate_call(&mut self, function: &'static BuiltInFunction, call: &'a Call) -> Value<'a> {
        self.aggregates = Aggregates::Refused;
        let value = self.built_in_call(function, call);
        self.aggregates = Aggregates::Wanted;
        value
    }

    fn built_in_call(&mut self, function: &'static BuiltInFunction, call: &'a Call) -> Value<'a> {
        let mut types = Vec::with_capacity(call.arguments.len());
        for (at, argument) in call.arguments.iter().enumerate() {
            // The middle one of the three arguments of `extract_all` is the one that may be left out.
            let at = if at == 1
                && call.arguments.len() == 2
                && matches!(function.name, "extract_all" | "extractall")
            {
                2
            } else {
                at
            };
            let takes = function
                .parameters
                .get(at)
                .or(function.parameters.last())
                .copied()
                .unwrap_or(Takes::Any);
            types.push(self.checked_argument(takes, function, at, &argument.value));
        }
        let count = call.arguments.len();
        let odd = matches!(function.result, Gives::Case) && count.is_multiple_of(2);
        if !function.arguments.takes(count) || odd {
            let expected = if odd && function.arguments.takes(count) {
                "an odd number of arguments: pairs of condition and value, and what else".to_owned()
            } else {
                function.arguments.phrase()
            };
            self.wrong_count(function.name, call.name.span, &expected);
        }
        self.result_of(function, call, &types)
    }

    fn checked_argument(
        &mut self,
        takes: Takes,
        function: &BuiltInFunction,
        at: usize,
        expr: &'a Expr,
    ) -> Type {
        if matches!(expr.kind, ExprKind::Star) {
            return Type::Unknown;
        }
        if takes == Takes::TypeOf {
            if !matches!(expr.kind, ExprKind::TypeOf(_)) {
                self.scalar(expr);
                self.error("kql-type", expr.span, "`typeof(…)` is expected here");
            } else {
                self.expr(expr);
            }
            return Type::Unknown;
        }
        let ty = self.scalar(expr);
        if takes == Takes::Part && matches!(expr.kind, ExprKind::Literal(Literal::String(_))) {
            return ty;
        }
        // `case` takes conditions and values in turn, and what else comes last.
        let takes = match (&function.result, at % 2) {
            (Gives::Case, 0) if !ty.is_unknown() => takes,
            _ => takes,
        };
        if !takes.takes(ty) {
            let finding = Diagnostic::error(
                "kql-type",
                expr.span,
                format!(
                    "`{}` takes {} here, not `{ty}`",
                    function.name,
                    takes.phrase()
                ),
            );
            self.report(match takes {
                Takes::String | Takes::TextConstant | Takes::Text => {
                    finding.with_help("`tostring()` makes a string of any value")
                }
                Takes::Datetime => finding.with_help("`todatetime()` makes a point in time"),
                Takes::Bag | Takes::Dynamic if ty == Type::String => {
                    finding.with_help("`parse_json()` makes a `dynamic` value of a string")
                }
                _ => finding,
            });
        } else if takes.wants_constant() && !self.is_constant(expr) && !ty.is_unknown() {
            self.error(
                "kql-constant-expected",
                expr.span,
                format!("`{}` takes a constant here", function.name),
            );
        }
        ty
    }

    fn result_of(
        &mut self,
        function: &'static BuiltInFunction,
        call: &'a Call,
        types: &[Type],
    ) -> Value<'a> {
        let first = types.first().copied().unwrap_or(Type::Unknown);
        let ty = match &function.result {
            Gives::Type(ty) => *ty,
            Gives::Argument(at) => types.get(*at).copied().unwrap_or(Type::Unknown),
            Gives::Widened => types::widened(first),
            Gives::Binned => types::binned(first, types.get(1).copied().unwrap_or(Type::Unknown)),
            Gives::Average if first.is_integer() => Type::Real,
            Gives::Average => first,
            Gives::Common => types::common(types.iter().copied()),
            Gives::Iff => {
                self.condition_argument(call.arguments.first(), types.first());
                types::common(types.iter().skip(1).copied())
            }
            Gives::Case => {
                for (argument, ty) in call.arguments.iter().zip(types).step_by(2) {
                    if argument.value.span
                        != call
                            .arguments
                            .last()
                            .map_or(TextSpan::default(), |a| a.value.span)
                    {
                        self.condition_argument(Some(argument), Some(ty));
                    }
                }
                let last = types.len().saturating_sub(1);
                types::common(
                    types
                        .iter()
                        .enumerate()
                        .filter(|(at, _)| at % 2 == 1 || *at == last)
                        .map(|(_, ty)| *ty),
                )
            }
            Gives::Cast(at) => match call.arguments.get(*at).map(|a| &a.value.kind) {
                Some(ExprKind::TypeOf(columns)) => columns
                    .first()
                    .and_then(|c| Type::from_name(&c.type_name.text))
                    .unwrap_or(Type::Unknown),
                _ => Type::String,
            },
            Gives::Columns(_)
            | Gives::Percentiles
            | Gives::ArgMax
            | Gives::TakeAny
            | Gives::Sorted => {
                return self.several_columns(function, call, types);
            }
        };
        Value::Scalar(ty)
    }

    fn condition_argument(&mut self, argument: Option<&NamedExpr>, ty: Option<&Type>) {
        if let (Some(argument), Some(ty)) = (argument, ty)
            && !matches!(ty, Type::Bool | Type::Unknown)
        {
            self.error(
                "kql-type",
                argument.value.span,
                format!("a condition is expected here, not `{ty}`"),
            );
        }
    }

    /// The name of the column that an argument makes, empty when it makes none.
    pub(super) fn argument_column(&self, expr: &Expr) -> Option<crate::kql::table::Name> {
        match self.column_name(expr) {
            super::naming::ColumnName::Own(name) | super::naming::ColumnName::Derived(name) => {
                Some(name)
            }
            super::naming::ColumnName::None => None,
        }
    }

    fn several_columns(
        &mut self,
        function: &'static BuiltInFunction,
        call: &'a Call,
        types: &[Type],
    ) -> Value<'a> {
        let first_name = call
            .arguments
            .first()
            .and_then(|a| self.argument_column(&a.value))
            .map(|n| n.to_string())
            .unwrap_or_default();
        let columns = match &function.result {
            Gives::Columns(columns) => columns
                .iter()
                .map(|(suffix, ty)| {
                    Column::new(format!("{}_{first_name}_{suffix}", function.name), *ty)
                })
                .collect(),
            Gives::Sorted => call
                .arguments
                .iter()
                .zip(types)
                .filter(|(_, ty)| **ty != Type::Bool)
                .map(|(argument, _)| {
                    let name = self
                        .argument_column(&argument.value)
                        .map(|n| n.to_string())
                        .unwrap_or_default();
                    Column::new(format!("{name}_sorted"), Type::Array)
                })
                .collect(),
            _ => self.aggregate_columns(function, call, types, &first_name),
        };
        Value::Columns(columns)
    }
}
