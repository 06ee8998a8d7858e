//! Where to go with what: the rules of this run, for the workspace that flags name or for targets of the
//! configuration.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum as _;

use crate::cli::check;
use crate::cli::commands::ready;
use crate::cli::connection::AuthName;
use crate::cli::connection::CloudName;
use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::schema;
use crate::cli::source::source;
use crate::diag::Diagnostic;
use crate::diag::Level;
use crate::kql::Schema;
use crate::lint;
use crate::lint::Found;
use crate::plan::Desired;
use crate::plan::field::Field;
use crate::plan::guard::Limits;
use crate::plan::mark::Source;
use crate::project::Loaded;
use crate::project::config::Config;
use crate::project::config::GuardConfig;
use crate::project::target::Engine;
use crate::project::target::Tailored;
use crate::project::target::Target;
use crate::project::target::is_meant;
use crate::render;
use crate::render::RenderOptions;
use crate::rule::Rule;

/// Flags that choose targets of the configuration.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TargetArgs {
    /// A target of `rulepost.toml`; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) target: Vec<String>,
    /// Every target of `rulepost.toml`, side by side
    #[arg(long, conflicts_with = "target")]
    pub(crate) all_targets: bool,
}

/// Where to go with what.
#[derive(Debug, Clone)]
pub(crate) struct Aim {
    /// The target's name, unless flags name the workspace.
    pub(crate) name: Option<String>,
    /// How to get there.
    pub(crate) connection: ConnectionArgs,
    /// Who deploys.
    pub(crate) source: Source,
    /// What writes there, as far as the configuration says.
    pub(crate) engine: Option<Engine>,
    /// What is not done there without `--yes-many`.
    pub(crate) guard: Limits,
    /// What its rules are to be.
    pub(crate) desired: Vec<Desired>,
}

/// Everything a run goes for.
#[derive(Debug)]
pub(crate) struct Aims {
    /// One per workspace, in the order of their names.
    pub(crate) aims: Vec<Aim>,
    /// Whether every rule of the project is known, so that a rule without a file is gone for good.
    pub(crate) whole: bool,
}

/// Loads the rules and makes them what each target wants; `None` when a finding stops the run, and was shown.
pub(crate) fn aims(
    rules: &[PathBuf],
    connection: &ConnectionArgs,
    targets: &TargetArgs,
    only: &[String],
    context: &Context,
) -> Result<Option<Aims>, Error> {
    let config = check::config(context)?;
    let chosen = chosen(&config, targets)?;
    let paths = if rules.is_empty() {
        config.project.rules()
    } else {
        rules.to_vec()
    };
    let Some(loaded) = ready::load(&paths, context)? else {
        return Ok(None);
    };
    if !only.is_empty() && !loaded.rules.iter().any(|rule| selected(rule, only)) {
        return Err(Error::Usage {
            message: format!("no rule fits `--only {}`", only.join("`, `--only ")),
            help: "a tag, an id, or a pattern such as `*sftp*` for the file or the name".into(),
        });
    }
    let repository = config.project.repository.as_deref();
    let mut aims = Vec::new();
    if chosen.is_empty() {
        aims.push(Aim {
            name: None,
            connection: connection.clone(),
            source: source(repository, None, &context.env),
            engine: None,
            guard: limits(config.guard),
            desired: Vec::new(),
        });
    }
    for (name, target) in &chosen {
        aims.push(Aim {
            name: Some((*name).clone()),
            connection: connect(name, target, connection)?,
            source: source(repository, Some(name), &context.env),
            engine: target.engine,
            guard: limits(target.guard.or(config.guard)),
            desired: Vec::new(),
        });
    }
    let mut diagnostics = Vec::new();
    for aim in &aims {
        let target = aim.name.as_ref().and_then(|name| config.targets.get(name));
        if let Some(file) = target.and_then(|target| target.schema.as_deref()) {
            let schema = schema::of_target(&config, file, context)?.with_standard_columns();
            diagnostics.extend(against(&loaded, target, &schema, &config)?);
        }
    }
    let whole = rules.is_empty() && only.is_empty();
    let Loaded { rules, sources, .. } = loaded;
    // Rule by rule, so that a rule and what every target makes of it are not all there at the same time.
    for rule in rules {
        let mut of_rule = Vec::new();
        for aim in &mut aims {
            let target = aim.name.as_ref().and_then(|name| config.targets.get(name));
            if let Some((desired, found)) = desired(&rule, target, aim, only) {
                aim.desired.push(desired);
                // Most targets find the same.
                for one in found {
                    if !of_rule.contains(&one) {
                        of_rule.push(one);
                    }
                }
            }
        }
        diagnostics.append(&mut of_rule);
    }
    let sound = ready::show(&diagnostics, &sources, context);
    Ok(sound.then_some(Aims { aims, whole }))
}

/// One target of the configuration, and how to get to its workspace.
pub(crate) fn target<'c>(
    config: &'c Config,
    name: &str,
    connection: &ConnectionArgs,
) -> Result<(&'c Target, ConnectionArgs), Error> {
    let flags = TargetArgs {
        target: vec![name.to_owned()],
        all_targets: false,
    };
    let target = chosen(config, &flags)?[&name.to_owned()];
    let connection = connect(name, target, connection)?;
    Ok((target, connection))
}

/// The targets that the flags choose.
fn chosen<'a>(
    config: &'a Config,
    targets: &TargetArgs,
) -> Result<BTreeMap<&'a String, &'a Target>, Error> {
    if targets.all_targets {
        if config.targets.is_empty() {
            return Err(Error::Usage {
                message: "there are no targets".into(),
                help: "`[targets.NAME]` of `rulepost.toml` makes one; `--workspace` needs none"
                    .into(),
            });
        }
        return Ok(config.targets.iter().collect());
    }
    targets
        .target
        .iter()
        .map(|name| {
            config.targets.get_key_value(name).ok_or_else(|| {
                let known: Vec<String> = config
                    .targets
                    .keys()
                    .map(|name| format!("`{name}`"))
                    .collect();
                Error::Usage {
                    message: format!("there is no target `{name}`"),
                    help: if known.is_empty() {
                        "`[targets.NAME]` of `rulepost.toml` makes one".into()
                    } else {
                        format!("known are {}", known.join(", "))
                    },
                }
            })
        })
        .collect()
}

/// The flags of the command line with what the target says in their place.
fn connect(name: &str, target: &Target, flags: &ConnectionArgs) -> Result<ConnectionArgs, Error> {
    let mut connection = flags.clone();
    let word = |key: &str, text: &str| Error::Usage {
        message: format!("`{key}` of target `{name}` is `{text}`"),
        help: format!("`rulepost deploy --help` lists what `--{key}` takes"),
    };
    if let Some(cloud) = &target.cloud {
        connection.cloud =
            Some(CloudName::from_str(cloud, true).map_err(|_unknown| word("cloud", cloud))?);
    }
    if let Some(auth) = &target.auth {
        connection.auth =
            Some(AuthName::from_str(auth, true).map_err(|_unknown| word("auth", auth))?);
    }
    if target.workspace.is_empty() {
        return Err(Error::Usage {
            message: format!("target `{name}` names no workspace"),
            help: "`workspace` takes a name or a resource id".into(),
        });
    }
    connection.workspace = Some(target.workspace.clone());
    // The group and the subscription of the flags are those of another workspace.
    connection.resource_group.clone_from(&target.resource_group);
    let given = [
        (&mut connection.subscription, &target.subscription),
        (&mut connection.tenant, &target.tenant),
        (&mut connection.client_id, &target.client_id),
    ];
    for (flag, value) in given {
        if value.is_some() {
            flag.clone_from(value);
        }
    }
    Ok(connection)
}

/// The limits of the guard, with the usual ones where nothing is said.
fn limits(guard: GuardConfig) -> Limits {
    let usual = Limits::default();
    Limits {
        max_percent: guard.max_percent.unwrap_or(usual.max_percent),
        min_owned: guard.min_owned.unwrap_or(usual.min_owned),
        max_scheduled: guard.max_scheduled.unwrap_or(usual.max_scheduled),
        max_nrt: guard.max_nrt.unwrap_or(usual.max_nrt),
    }
}

/// What the queries of a target's rules get wrong by the schema of its workspace, as far as that stops a deployment.
fn against(
    loaded: &Loaded,
    target: Option<&Target>,
    schema: &Schema,
    config: &Config,
) -> Result<Vec<Diagnostic>, Error> {
    let mut found = Found::new(&loaded.sources);
    for rule in &loaded.rules {
        let meant = target.is_none_or(|target| target.tailor(rule).is_some());
        if meant {
            lint::kql::check(rule, schema, &mut found);
        }
    }
    let mut findings = found.into_diagnostics();
    check::levels(config, &check::LevelFlags::default())?.apply(&mut findings);
    findings.retain(|finding| finding.level == Level::Error);
    Ok(findings)
}

/// What a file wants of one target, and what is wrong with that; `None` when the rule is not deployed there.
fn desired(
    rule: &Rule,
    target: Option<&Target>,
    aim: &Aim,
    only: &[String],
) -> Option<(Desired, Vec<Diagnostic>)> {
    let tailored = match target {
        Some(target) => target.tailor(rule)?,
        None => Tailored {
            rule: rule.clone(),
            parameters: BTreeMap::new(),
        },
    };
    let Tailored { rule, parameters } = tailored;
    let options = RenderOptions {
        api_version: aim.connection.api_version.clone().unwrap_or_default(),
        parameters,
        enabled_when_silent: None,
    };
    let rendered = render::rest(&rule, &options);
    let of_target = target.map_or(&[][..], |target| &target.unmanaged[..]);
    let of_rule = rule.extension.unmanaged.iter().map(|word| &word.value);
    let desired = Desired {
        id: rule.id.value,
        path: rule.origin.path.display().to_string().replace('\\', "/"),
        body: rendered.body,
        version: rule.version.as_ref().map(|version| version.value.clone()),
        unmanaged: of_rule
            .chain(of_target)
            .flat_map(|word| Field::named(word))
            .collect::<BTreeSet<_>>(),
        selected: selected(&rule, only),
    };
    Some((desired, rendered.diagnostics))
}

fn selected(rule: &Rule, only: &[String]) -> bool {
    only.is_empty() || only.iter().any(|word| is_meant(rule, word))
}
