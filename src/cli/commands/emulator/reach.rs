//! Which emulator a command asks, and about which workspace.

use std::path::PathBuf;

use clap::Args;
use hyper::Method;
use serde_json::Value;

use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::emulator::{self, Config, Remote, Running};

/// Flags that say which emulator.
#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// An emulator that runs; without it, the state of `--cloud local` in `.rulepost/local` is worked on
    #[arg(
        long,
        value_name = "URL",
        env = "RULEPOST_MANAGEMENT_ENDPOINT",
        hide_env_values = true
    )]
    endpoint: Option<String>,
    /// Folder of the state of an emulator that does not run
    #[arg(long, value_name = "DIR", conflicts_with = "endpoint")]
    data_dir: Option<PathBuf>,
    /// Workspace, by its name or resource id; without it, the first one
    #[arg(
        short,
        long,
        value_name = "NAME|ID",
        env = "RULEPOST_WORKSPACE",
        hide_env_values = true
    )]
    workspace: Option<String>,
}

/// An emulator that answers.
#[derive(Debug)]
pub(crate) struct Reached {
    remote: Remote,
    /// Resource id of the workspace.
    workspace: String,
    /// One that was started for this command.
    running: Option<Running>,
}

impl ReachArgs {
    /// Finds the emulator, or starts one over the folder.
    pub(crate) async fn reach(&self, context: &Context) -> Result<Reached, Error> {
        let endpoint = self.endpoint.clone().filter(|text| !text.is_empty());
        let (remote, running) = if let Some(endpoint) = endpoint {
            (Remote::at(&endpoint)?, None)
        } else {
            let folder = self.data_dir.clone();
            let folder = folder.unwrap_or_else(|| PathBuf::from(".rulepost").join("local"));
            let config = Config {
                log_requests: false,
                ..Config::local(context.env.current_dir.join(folder))
            };
            let running = emulator::start(config).await.map_err(Error::Emulator)?;
            (Remote::at(running.ready.endpoint())?, Some(running))
        };
        let workspace = self.workspace(&remote).await?;
        Ok(Reached {
            remote,
            workspace,
            running,
        })
    }

    async fn workspace(&self, remote: &Remote) -> Result<String, Error> {
        let list = remote.ask(Method::GET, "/workspaces", None).await?;
        let ids: Vec<&str> = list["value"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let wanted = self.workspace.as_deref().filter(|name| !name.is_empty());
        let Some(wanted) = wanted else {
            let first = list["first"].as_str();
            return Ok(first
                .or(ids.first().copied())
                .unwrap_or_default()
                .to_owned());
        };
        let is = |id: &str| {
            let name = id.rsplit('/').next().unwrap_or_default();
            id.eq_ignore_ascii_case(wanted) || name.eq_ignore_ascii_case(wanted)
        };
        let found: Vec<&str> = ids.iter().copied().filter(|id| is(id)).collect();
        match found[..] {
            [one] => Ok(one.to_owned()),
            [] => Err(Error::Usage {
                message: format!("the emulator has no workspace `{wanted}`"),
                help: format!("it has {}", ids.join(", ")),
            }),
            _ => Err(Error::Usage {
                message: format!("the emulator has more than one workspace `{wanted}`"),
                help: format!("one of {} names it", found.join(", ")),
            }),
        }
    }
}

impl Reached {
    /// Asks an admin route of the emulator.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        Ok(self.remote.ask(method, path, body).await?)
    }

    /// Asks an admin route of the workspace.
    pub(crate) async fn ask_workspace(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        self.ask(method, &format!("{}{path}", self.workspace), body)
            .await
    }

    /// Lets an emulator that was started for this command go.
    pub(crate) async fn leave(self) {
        if let Some(running) = self.running {
            running.stop().await;
        }
    }
}
