//! What the emulator is started with, and what it says when it is ready.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::SignedDuration;
use serde::Serialize;

use crate::clock::Clock;
use crate::emulator::FaultPlan;
use crate::emulator::seed::Seed;

/// How to start the emulator.
#[derive(Debug)]
pub(crate) struct Config {
    /// Address to listen on; port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// Folder of the state; made when absent.
    pub(crate) data_dir: PathBuf,
    /// Where the time comes from.
    pub(crate) clock: Clock,
    /// What to put in beside what the folder holds already.
    pub(crate) seed: Option<Seed>,
    /// Drop members of bodies that the service does not know, instead of refusing them.
    pub(crate) loose: bool,
    /// How long rows are under way before they can be queried.
    pub(crate) ingestion_delay: SignedDuration,
    /// Items on one page of a list, at least 1.
    pub(crate) page_size: usize,
    /// How to misbehave.
    pub(crate) faults: FaultPlan,
    /// Speak TLS with a self-signed certificate.
    pub(crate) tls: bool,
    /// Write every request to `requests.jsonl` in the folder, anew at each start.
    pub(crate) log_requests: bool,
}

impl Config {
    /// A free port of the loopback interface, the real clock, the state in `data_dir`.
    pub(crate) fn local(data_dir: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir,
            clock: Clock::Real,
            seed: None,
            loose: false,
            ingestion_delay: SignedDuration::ZERO,
            page_size: 100,
            faults: FaultPlan::default(),
            tls: false,
            log_requests: true,
        }
    }
}

/// Everything a client needs to sign in and find its workspace.
#[derive(Clone, Serialize)]
pub(crate) struct Ready {
    /// The address that is listened on, `127.0.0.1:40123`.
    pub(crate) listen: String,
    /// Tenant GUID.
    pub(crate) tenant: String,
    /// The application to sign in as.
    pub(crate) client_id: String,
    /// Its secret; worth nothing outside this emulator.
    pub(crate) client_secret: String,
    /// Subscription GUID.
    pub(crate) subscription: String,
    /// Resource group of the first workspace.
    pub(crate) resource_group: String,
    /// Name of the first workspace.
    pub(crate) workspace: String,
    /// GUID of the first workspace for the query API, `customerId` in Azure's words.
    pub(crate) workspace_id: String,
    /// Immutable id of the data collection rule that rows of the first workspace are sent to.
    pub(crate) data_collection_rule: String,
    /// Variables with which rulepost, and clients that know Azure's variables, find the emulator.
    pub(crate) env: BTreeMap<String, String>,
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready")
            .field("listen", &self.listen)
            .field("workspace", &self.workspace)
            .finish_non_exhaustive()
    }
}

impl Ready {
    /// The root of every URL, without final slash.
    pub(crate) fn endpoint(&self) -> &str {
        self.env
            .get("RULEPOST_MANAGEMENT_ENDPOINT")
            .map_or("", String::as_str)
    }
}
