//! The next step for each failure.

use crate::azure::auth::{AuthError, Method};
use crate::azure::error::{Answer, Class, Error, Fault, Operation, SignInFault};

/// What to do next; one line each.
pub(super) fn help(error: &Error) -> Vec<String> {
    match error {
        Error::Service { operation, answer } => service(operation, answer, error.class()),
        Error::Unreachable { fault, host, .. } => vec![network(*fault, host)],
        Error::Unreadable { .. } => vec![
            "something on the way, such as a proxy or a login page, may have answered instead of the service; \
             `-vv` shows each request and where it went"
                .into(),
        ],
        Error::SignIn { fault, .. } => vec![sign_in(fault)],
        Error::Auth(error) => auth(error),
        Error::Endpoint { .. } => vec![
            "endpoints are written `https://HOST[:PORT]`; `http://` only with a loopback address".into(),
        ],
        Error::Refused { .. } => vec![
            "another cloud is chosen with `--cloud`, a private one with `--management-endpoint`, `--authority-host` \
             and `--logs-endpoint`"
                .into(),
        ],
        Error::PageLoop { .. } => vec![
            "the service's answer is faulty; running again is safe, nothing was changed".into(),
        ],
        Error::WorkspaceNotFound { near, .. } => workspace_not_found(near),
        Error::WorkspaceAmbiguous { found, .. } => {
            let mut lines: Vec<String> = found.iter().map(|id| format!("`{id}`")).collect();
            lines.push(
                "`--workspace` with one of these resource ids, `--resource-group` or `--subscription` tells them apart"
                    .into(),
            );
            lines
        }
        Error::NotOnboarded { workspace } => vec![format!(
            "enable Microsoft Sentinel on the workspace in the portal, or with \
             `az sentinel onboarding-state create --name default -w {} -g {}`; it takes a few minutes to settle",
            workspace.name, workspace.resource_group
        )],
        Error::Overtaken { .. } => {
            vec!["run again: the new plan starts from what is there now".into()]
        }
    }
}

fn service(operation: &Operation, answer: &Answer, class: Class) -> Vec<String> {
    match class {
        Class::Forbidden => vec![forbidden(operation)],
        Class::SignIn => vec![
            "the service does not accept the token: check `--tenant` and `--cloud`, and sign in again (`az login`)"
                .into(),
        ],
        Class::NotFound => not_found(operation, answer),
        Class::NotOnboarded => vec![
            "enable Microsoft Sentinel on the workspace; right after that the service may need some minutes".into(),
        ],
        Class::Conflict => {
            vec!["the rule moved since it was read; run again to plan from what is there now".into()]
        }
        Class::RecentlyDeleted => vec![
            "the service keeps the id of a deleted rule reserved for up to about 24 hours; run again later".into(),
        ],
        Class::MissingTable => vec![
            "connect the data source that fills the table, or leave the rule out until then; the query is right".into(),
        ],
        Class::Throttled => match answer.refused_wait {
            Some(seconds) => vec![format!(
                "the service asks to wait {seconds} s, longer than a request may take; run again after that"
            )],
            None => vec!["the service has too many requests; run again later or lower `--concurrency`".into()],
        },
        Class::Unavailable => vec!["the service has trouble of its own; running again is safe".into()],
        Class::Invalid | Class::Network | Class::Other => Vec::new(),
    }
}

fn forbidden(operation: &Operation) -> String {
    let role = if operation.writes() {
        "Microsoft Sentinel Contributor"
    } else {
        "Microsoft Sentinel Reader"
    };
    match operation.workspace() {
        Some(workspace) => format!(
            "the identity needs the role `{role}` on `{workspace}`; a new assignment takes up to five minutes to work"
        ),
        None => format!(
            "the identity needs the role `{role}` on the workspace or its resource group, and `--subscription`"
        ),
    }
}

fn not_found(operation: &Operation, answer: &Answer) -> Vec<String> {
    let code = answer.body.as_ref().map_or("", |body| body.code.as_str());
    match code {
        "SubscriptionNotFound" | "InvalidSubscriptionId" => vec![
            "check `--subscription` and `--tenant`: a subscription of another tenant is not seen"
                .into(),
        ],
        "ResourceGroupNotFound" => vec!["check `--resource-group` and `--subscription`".into()],
        _ => match operation.workspace() {
            Some(workspace) => vec![format!(
                "check that workspace `{}` exists in resource group `{}` of subscription `{}`",
                workspace.name, workspace.resource_group, workspace.subscription
            )],
            None => Vec::new(),
        },
    }
}

fn network(fault: Fault, host: &str) -> String {
    match fault {
        Fault::Dns => format!("check the network, and that {host} is the right endpoint for the cloud"),
        Fault::Tls => "a proxy that opens TLS needs its certificate in the system's trust store, or in a file named by \
                       `SSL_CERT_FILE`"
            .into(),
        Fault::Connect => {
            "check the network; behind a proxy, set `HTTPS_PROXY` (and `NO_PROXY` for what is reached without it)".into()
        }
        Fault::Proxy => "check `HTTPS_PROXY`, and that the proxy lets this host through".into(),
        Fault::Timeout | Fault::Cut => "running again is safe: what was done is found and not repeated".into(),
    }
}

fn sign_in(fault: &SignInFault) -> String {
    match fault {
        SignInFault::Entra { code, .. } => entra(*code).into(),
        SignInFault::NotEntra { .. } => {
            "check `--authority-host`; a proxy or login page may have answered instead".into()
        }
        SignInFault::Unreachable { fault, .. } => network(*fault, "the authority"),
        SignInFault::Other(message) => tool(message),
    }
}

/// Entra's error numbers, as its documentation lists them.
fn entra(code: u32) -> &'static str {
    match code {
        7_000_215 => {
            "`AZURE_CLIENT_SECRET` must be the secret's value, not its id, and belong to `AZURE_CLIENT_ID`"
        }
        7_000_222 => "the secret has expired; make a new one in the app registration",
        700_016 => {
            "no application `AZURE_CLIENT_ID` in this tenant; check `AZURE_CLIENT_ID` and `--tenant`"
        }
        90_002 | 900_023 => "no such tenant; check `--tenant`, and `--cloud` for a sovereign cloud",
        70_021 | 700_211 | 700_212 | 700_213 => {
            "no federated credential of the application fits this job; its issuer, subject and audience must be those \
             of the job's token"
        }
        700_024 => {
            "the identity token of the job has expired, or the clock of this machine is wrong"
        }
        50_173 | 70_043 | 700_082 | 70_008 | 50_076 | 50_079 => {
            "the login has expired; sign in again with `az login`"
        }
        500_011 => {
            "the tenant does not know this service; check `--cloud` and `--management-endpoint`"
        }
        700_027 => "the certificate is not registered with the application, or has expired",
        _ => {
            "check `--tenant`, `AZURE_CLIENT_ID` and what is used to sign in; `rulepost doctor` checks them one by one"
        }
    }
}

/// Next step for what a command-line tool says.
fn tool(message: &str) -> String {
    if message.contains("not found on PATH") {
        "install the Azure CLI and run `az login`, or sign in as an application (`AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, \
         `AZURE_CLIENT_SECRET`)"
            .into()
    } else if message.contains("169.254.169.254") {
        "this machine has no managed identity; choose another `--auth`".into()
    } else {
        "sign in again with `az login`".into()
    }
}

fn auth(error: &AuthError) -> Vec<String> {
    match error {
        AuthError::Missing { method, .. } => match method {
            Method::GithubOidc => vec![
                "the job needs `permissions: id-token: write`, and `AZURE_TENANT_ID` and `AZURE_CLIENT_ID` in its `env`"
                    .into(),
            ],
            Method::AzurePipelines => vec![
                "run inside an AzureCLI or AzurePowerShell task, with `SYSTEM_ACCESSTOKEN: $(System.AccessToken)` in its `env`"
                    .into(),
            ],
            _ => vec!["set what is missing, or choose another `--auth`".into()],
        },
        AuthError::NoneFound { tried } => {
            let mut lines: Vec<String> = tried
                .iter()
                .map(|one| format!("`{}`: {}", one.method, one.reason))
                .collect();
            lines.push(
                "sign in with `az login`, or set `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`; on an \
                 Azure machine use `--auth managed-identity`; without Azure, `--cloud local` uses the embedded emulator"
                    .into(),
            );
            lines
        }
        AuthError::Certificate { .. } => vec![
            "the file must be PEM with the certificate and its RSA private key, not encrypted; a PFX file is converted \
             with `openssl pkcs12 -in FILE.pfx -nodes -out FILE.pem`"
                .into(),
        ],
        AuthError::Refused { .. } => vec!["check `--tenant`, `AZURE_CLIENT_ID` and the method's own settings".into()],
        AuthError::Address { .. } => vec!["the variable is set by the platform; run inside one of its jobs".into()],
    }
}

fn workspace_not_found(near: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    if near.is_empty() {
        lines.push("the identity sees no workspace there; it may lack a role, or the subscription is another one".into());
    } else {
        let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
        lines.push(format!("there is {}", names.join(", ")));
    }
    lines.push("`--subscription` looks elsewhere; `--workspace` also takes a resource id".into());
    lines
}
