//! `rulepost schema pull`.

use std::path::PathBuf;

use clap::Args;

use super::workspace;
use crate::cli::aim;
use crate::cli::check;
use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::context::runtime;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::cli::schema;
use crate::kql::schema::SchemaFile;
use crate::report::human::plural;

/// Arguments of `schema pull`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost schema pull -w sec-prod           write workspace-schema.json, or the file of [schema]
  rulepost schema pull --target prod         the same for a target of rulepost.toml
  rulepost schema pull -w sec-prod --check   tell what has changed, write nothing

Once the file is there, `validate`, `deploy`, `test` and `kql check` use it, and a query that names
another table, function or watchlist is an error. Of functions the query is kept, of watchlists the
names of the columns.

Exit codes: 0 done, or up to date; 3 with --check: the file is not what the workspace has")]
pub(crate) struct PullArgs {
    /// A target of `rulepost.toml`; its `schema` names the file
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// Write to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write nothing; say whether the file is what the workspace has
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Fetches what the workspace has and writes it, or compares it with the file.
pub(crate) fn run(args: &PullArgs, context: &Context) -> Result<Exit, Error> {
    let config = check::config(context)?;
    let mut path = schema::path(&config, context);
    let mut connection = args.connection.clone();
    if let Some(name) = &args.target {
        let (target, to) = aim::target(&config, name, &args.connection)?;
        connection = to;
        if let Some(file) = &target.schema {
            path = schema::beside(file, context);
        }
    }
    if let Some(output) = &args.output {
        path.clone_from(output);
    }
    let (now, remarks) = runtime()?.block_on(async {
        let connected = connection.connect(context).await?;
        let (client, id) = (&connected.client, &connected.workspace.id);
        let tables = client.list_tables(id).await?;
        let functions = client.list_functions(id).await?;
        let watchlists = client.list_watchlists(id).await?;
        Ok::<_, Error>(workspace::file(tables, functions, watchlists))
    })?;
    for remark in remarks {
        context.note(&remark);
    }
    let before = if path.exists() {
        let read = schema::read(&path);
        if args.check {
            read?
        } else {
            read.unwrap_or_default()
        }
    } else {
        SchemaFile::default()
    };
    let changes = workspace::changes(&before, &now);
    context.print(&changes.concat())?;
    let same = before.to_text() == now.to_text();
    if args.check {
        let said = if same {
            "is up to date"
        } else {
            "is not what the workspace has; `rulepost schema pull` writes it anew"
        };
        context.note(&format!("`{}` {said}", path.display()));
        return Ok(if same { Exit::Done } else { Exit::Findings });
    }
    if !same || !path.exists() {
        file::write(&path, &now.to_text())?;
    }
    let own = now.tables.len();
    context.note(&format!(
        "`{}`: {} ({own} of its own), {}, {}",
        path.display(),
        plural(now.built_in.tables.len() + own, "table"),
        plural(
            now.built_in.functions.len() + now.functions.len(),
            "function"
        ),
        plural(now.watchlists.len(), "watchlist"),
    ));
    Ok(Exit::Done)
}
