//! What a workspace listed, as a schema file; and what two such files differ in.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::azure::ListedTable;
use crate::azure::ListedWatchlist;
use crate::azure::SavedFunction;
use crate::cli::schema::with_standard;
use crate::kql::Schema;
use crate::kql::Type;
use crate::kql::schema::BuiltInNames;
use crate::kql::schema::Columns;
use crate::kql::schema::FunctionFile;
use crate::kql::schema::Lines;
use crate::kql::schema::SchemaFile;
use crate::kql::schema::built_in_columns;
use crate::kql::schema::is_asim_function;

/// The lists as a file, and remarks on what could not be taken over as it is.
///
/// Of what is built in, the name is enough: its columns are known better than the service lists them.
pub(crate) fn file(
    tables: Vec<ListedTable>,
    functions: Vec<SavedFunction>,
    watchlists: Vec<ListedWatchlist>,
) -> (SchemaFile, Vec<String>) {
    let mut file = SchemaFile {
        complete: true,
        built_in: BuiltInNames::default(),
        ..SchemaFile::default()
    };
    let mut remarks = Vec::new();
    for table in tables {
        let columns = spelled(&table, &mut remarks);
        let Some(known) = built_in_columns(&table.name) else {
            let columns = with_standard(&table.name, &columns);
            file.tables.insert(table.name, Columns::from_iter(columns));
            continue;
        };
        let mut added = columns;
        added.retain(|name, _| known.column(name).is_none());
        if !added.is_empty() {
            let added = Columns::from_iter(added);
            file.added_columns.insert(table.name.clone(), added);
        }
        file.built_in.tables.insert(table.name);
    }
    let mut functions = functions;
    functions.sort_by(|a, b| (&a.name, &a.query).cmp(&(&b.name, &b.query)));
    functions.dedup_by(|a, b| a.name == b.name);
    for function in functions {
        if is_asim_function(&function.name) {
            file.built_in.functions.insert(function.name);
        } else {
            file.functions.push(saved(function, &mut remarks));
        }
    }
    for watchlist in watchlists {
        let mut columns = watchlist.columns;
        columns.sort();
        file.watchlists.insert(watchlist.alias, columns);
    }
    (file, remarks)
}

/// The columns with the types as the language spells them.
fn spelled(table: &ListedTable, remarks: &mut Vec<String>) -> BTreeMap<String, String> {
    let mut columns = BTreeMap::new();
    for (name, ty) in &table.columns {
        let known = Type::from_name(&ty.to_lowercase());
        if known.is_none() {
            remarks.push(format!(
                "column `{name}` of table `{}` has the type `{ty}`, which is not known; it is taken for `dynamic`",
                table.name
            ));
        }
        let ty = known.unwrap_or(Type::Dynamic);
        columns.insert(name.clone(), ty.name().to_owned());
    }
    columns
}

/// A function with its query; one whose parameters cannot be read is kept by its name alone.
fn saved(function: SavedFunction, remarks: &mut Vec<String>) -> FunctionFile {
    let parameters = function.parameters.trim();
    let lines = function
        .query
        .lines()
        .map(|line| line.trim_end().to_owned());
    let whole = FunctionFile {
        name: function.name.clone(),
        parameters: (!parameters.is_empty()).then(|| format!("({parameters})")),
        body: Some(Lines::List(lines.collect())),
        columns: None,
    };
    let alone = SchemaFile {
        functions: vec![whole.clone()],
        ..SchemaFile::default()
    };
    match Schema::default().add(&alone) {
        Ok(()) => whole,
        Err(error) => {
            remarks.push(format!(
                "{error}; its arguments and its result are not checked"
            ));
            FunctionFile {
                name: function.name,
                ..FunctionFile::default()
            }
        }
    }
}

/// A line for each name that came, went or changed. What is built in counts from the second time on.
pub(crate) fn changes(before: &SchemaFile, now: &SchemaFile) -> Vec<String> {
    let mut lines = Vec::new();
    let mut now = now.clone();
    if !before.complete {
        now.built_in = BuiltInNames::default();
    }
    let now = &now;
    compare(
        "table",
        &named_tables(before),
        &named_tables(now),
        &mut lines,
    );
    compare(
        "function",
        &named_functions(before),
        &named_functions(now),
        &mut lines,
    );
    let text = |columns: &Vec<String>| columns.join(", ");
    let watchlists = |file: &SchemaFile| -> BTreeMap<String, String> {
        let each = file.watchlists.iter();
        each.map(|(alias, columns)| (alias.clone(), text(columns)))
            .collect()
    };
    compare(
        "watchlist",
        &watchlists(before),
        &watchlists(now),
        &mut lines,
    );
    lines
}

fn named_tables(file: &SchemaFile) -> BTreeMap<String, String> {
    let own = file.tables.iter().chain(&file.added_columns);
    let mut all: BTreeMap<String, String> = file
        .built_in
        .tables
        .iter()
        .map(|name| (name.clone(), String::new()))
        .collect();
    all.extend(own.map(|(name, columns)| (name.clone(), format!("{columns:?}"))));
    all
}

fn named_functions(file: &SchemaFile) -> BTreeMap<String, String> {
    let own = file.functions.iter();
    let mut all: BTreeMap<String, String> = own
        .map(|function| (function.name.clone(), format!("{function:?}")))
        .collect();
    let asim = file.built_in.functions.iter();
    all.extend(asim.map(|name| (name.clone(), String::new())));
    all
}

/// Most names that are listed one by one; a first pull brings hundreds.
const MOST: usize = 40;

fn compare(
    what: &str,
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
    lines: &mut Vec<String>,
) {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let marks = names.into_iter().filter_map(|name| {
        let mark = match (before.get(name), now.get(name)) {
            (None, _) => '+',
            (_, None) => '-',
            (Some(old), Some(new)) if old != new => '~',
            _ => return None,
        };
        Some(format!("{mark} {what} {name}\n"))
    });
    let marks: Vec<String> = marks.collect();
    let rest = marks.len().saturating_sub(MOST);
    lines.extend(marks.into_iter().take(MOST));
    if rest > 0 {
        lines.push(format!("  and {rest} {what}s more\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(name: &str, columns: &[(&str, &str)]) -> ListedTable {
        let columns = columns
            .iter()
            .map(|(n, t)| ((*n).to_owned(), (*t).to_owned()));
        ListedTable {
            name: name.to_owned(),
            columns: columns.collect(),
        }
    }

    fn function(name: &str, parameters: &str) -> SavedFunction {
        SavedFunction {
            name: name.to_owned(),
            parameters: parameters.to_owned(),
            query: "SigninLogs\r\n| take 1".to_owned(),
        }
    }

    #[test]
    fn what_is_built_in_is_a_name_and_the_rest_is_spelled_out() {
        let tables = vec![
            listed(
                "SigninLogs",
                &[("ResultType", "string"), ("Team_CF", "string")],
            ),
            listed("Contoso_CL", &[("When", "dateTime"), ("Odd", "hologram")]),
        ];
        let functions = vec![
            function("Users", "since:timespan = 1d"),
            function("imDns", ""),
        ];
        let watchlist = ListedWatchlist {
            alias: "vip".to_owned(),
            columns: vec!["User".to_owned(), "Reason".to_owned()],
        };
        let (file, remarks) = file(tables, functions, vec![watchlist]);
        assert_eq!(remarks.len(), 1, "{remarks:?}");
        insta::assert_snapshot!(file.to_text());
        let mut schema = Schema::built_in();
        schema.add(&file).expect("what is pulled is read");
        assert!(
            schema
                .table("SigninLogs")
                .expect("listed")
                .column("Team_CF")
                .is_some()
        );
        assert!(schema.table("AuditLogs").is_none());
        assert!(schema.asim_function("imDns").is_some());
        assert!(schema.asim_function("imAuthentication").is_none());
        assert!(schema.asim_function("_Im_Dns").is_some());
    }

    #[test]
    fn a_function_whose_parameters_cannot_be_read_is_still_known() {
        let (file, remarks) = file(Vec::new(), vec![function("F", "a:")], Vec::new());
        assert_eq!(remarks.len(), 1);
        let mut schema = Schema::built_in();
        schema.add(&file).expect("what is pulled is read");
        let checked = crate::kql::check("F(1) | where Anything == 1", &schema);
        assert_eq!(checked.diagnostics, []);
    }

    #[test]
    fn changes_tell_what_came_went_and_changed() {
        let old = file(
            vec![listed("A_CL", &[]), listed("B_CL", &[])],
            Vec::new(),
            Vec::new(),
        )
        .0;
        let new = file(
            vec![
                listed("B_CL", &[("x", "string")]),
                listed("SigninLogs", &[]),
            ],
            vec![function("F", "")],
            Vec::new(),
        );
        let changes = changes(&old, &new.0).concat();
        assert_eq!(
            changes,
            "- table A_CL\n~ table B_CL\n+ table SigninLogs\n+ function F\n"
        );
    }
}
