//! Seeded chaos: random rules, portal edits, faults and kills, against the embedded emulator.
//!
//! After every run a clean one converges, rules of others are byte-identical, and nothing was written that the plan
//! did not name. Time is moved by hand, so waiting costs nothing. The seed is in every message.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use serde_json::Value;
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::apply;
use crate::apply::Event;
use crate::apply::OnMissingTable;
use crate::azure::Client;
use crate::azure::Limits;
use crate::azure::Settings;
use crate::azure::Shared;
use crate::azure::auth::Method;
use crate::azure::auth::Sources;
use crate::azure::endpoint::Cloud;
use crate::azure::endpoint::Endpoint;
use crate::azure::endpoint::Endpoints;
use crate::clock::Clock;
use crate::clock::ManualClock;
use crate::emulator;
use crate::emulator::Config;
use crate::plan::Desired;
use crate::plan::Options;
use crate::plan::Plan;
use crate::plan::mark::Source;
use crate::render::RenderOptions;
use crate::render::rest;
use crate::render::sample;
use crate::rule::field::Severity;

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    /// The generator `SplitMix64`.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 to below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).expect("small")).expect("small")
    }

    /// True with this chance in a hundred.
    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// An emulator, a client to it, and a way past both for the portal.
struct World {
    running: emulator::Running,
    _dir: tempfile::TempDir,
    clock: ManualClock,
    client: Client,
    http: reqwest::Client,
    options: Options,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let clock = ManualClock::new(Clock::Real.now());
        let running = emulator::start(Config {
            clock: Clock::Manual(clock.clone()),
            page_size: 3,
            log_requests: false,
            ..Config::local(dir.path().to_owned())
        })
        .await
        .expect("it starts");
        let ready = &running.ready;
        let endpoint = Endpoint::parse(ready.endpoint()).expect("loopback");
        let mut endpoints = Endpoints::of(Cloud::Public);
        endpoints.management = endpoint.clone();
        endpoints.authority = endpoint.clone();
        endpoints.logs = endpoint;
        let client = Client::new(Settings {
            endpoints,
            auth: Some(Method::ClientSecret),
            sources: Sources {
                tenant: Some(ready.tenant.clone()),
                client_id: Some(ready.client_id.clone()),
                client_secret: Some(ready.client_secret.clone().into()),
                ..Sources::default()
            },
            api_version: crate::api::version::PREVIEW.to_owned(),
            limits: Limits::default(),
            shared: Shared::new(Clock::Manual(clock.clone())),
            clock: Clock::Manual(clock.clone()),
        })
        .expect("a client");
        let options = Options {
            workspace: crate::api::path::WorkspaceId {
                subscription: ready.subscription.clone(),
                resource_group: ready.resource_group.clone(),
                name: ready.workspace.clone(),
            },
            source: Source {
                id: "https://example.org/o/r".to_owned(),
                name: "r".to_owned(),
                target: None,
            },
            api_version: crate::api::version::PREVIEW.to_owned(),
            adopt: false,
            prune: true,
            whole: true,
        };
        // Installed already where a client was made before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client");
        Self {
            running,
            _dir: dir,
            clock,
            client,
            http,
            options,
        }
    }

    async fn admin(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/__admin{path}", self.running.ready.endpoint());
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await.expect("the emulator answers");
        serde_json::from_str(&answer.text().await.expect("text")).unwrap_or_default()
    }

    /// A rule as the service holds it, past every fault.
    async fn live(&self, name: &str) -> Value {
        let path = self.options.workspace.alert_rule(name);
        self.admin(reqwest::Method::GET, &path, None).await
    }

    async fn edit(&self, name: &str, properties: Value) {
        let path = self.options.workspace.alert_rule(name);
        let body = json!({ "properties": properties });
        self.admin(reqwest::Method::PATCH, &path, Some(body)).await;
    }

    async fn plan(&self, desired: &[Desired]) -> Result<Plan, crate::azure::Error> {
        let workspace = &self.options.workspace;
        let live = self.client.list_rules(workspace).await?;
        let marks = self.client.list_metadata(workspace).await?;
        Ok(crate::plan::plan(desired, &live, &marks, &self.options))
    }

    /// Applies a plan; with `kill`, everything is dropped at that event.
    async fn apply(&self, plan: &Arc<Plan>, dice: &mut Dice, kill: Option<usize>) -> bool {
        let events = Arc::new(AtomicUsize::new(0));
        let killed = Arc::new(Notify::new());
        let (count, notify) = (Arc::clone(&events), Arc::clone(&killed));
        let listener: apply::Listener = Arc::new(move |event| {
            if !matches!(event, Event::Finished(_))
                && Some(count.fetch_add(1, Ordering::Relaxed)) == kill
            {
                notify.notify_one();
            }
        });
        let options = apply::Options {
            concurrency: 1 + dice.below(4),
            fail_fast: dice.chance(10),
            force: false,
            hold_deletions: dice.chance(20),
            on_missing_table: OnMissingTable::Fail,
            stop: CancellationToken::new(),
            abort: CancellationToken::new(),
        };
        let run = apply::execute(Arc::clone(plan), self.client.clone(), options, listener);
        tokio::select! {
            outcomes = run => outcomes.iter().all(|outcome| outcome.status.is_done()),
            () = killed.notified() => false,
        }
    }

    /// Names of rules that were written or deleted, or whose marks were, since the log was cleared.
    async fn written(&self) -> BTreeSet<String> {
        let log = self.admin(reqwest::Method::GET, "/requests", None).await;
        let requests = log["requests"].as_array().cloned().unwrap_or_default();
        requests
            .iter()
            .filter(|one| one["method"] == "PUT" || one["method"] == "DELETE")
            .filter_map(|one| {
                let path = one["path"].as_str()?;
                (!path.starts_with("/__admin")).then_some(path)?;
                let name = path.rsplit('/').next()?;
                Some(name.trim_start_matches("analyticsrule-").to_owned())
            })
            .collect()
    }
}

/// The files at one moment.
fn files(dice: &mut Dice) -> Vec<Desired> {
    (1..=5u128)
        .filter_map(|number| {
            if dice.chance(25) {
                return None;
            }
            let mut rule = sample::scheduled(number);
            rule.severity.value = Severity::ALL[dice.below(4)];
            if dice.chance(30) {
                rule.query
                    .value
                    .push_str(&format!("\n| take {}", dice.below(3) + 1));
            }
            if dice.chance(20) {
                rule.enabled = Some(sample::at(dice.chance(50)));
            }
            Some(Desired {
                id: rule.id.value,
                path: format!("rules/{number}.yaml"),
                body: rest(&rule, &RenderOptions::default()).body,
                version: None,
                unmanaged: BTreeSet::new(),
                selected: true,
            })
        })
        .collect()
}

/// Faults of every sort, each with a small chance.
fn faults(dice: &mut Dice) -> Value {
    let kinds = [
        json!({"kind": "throttled", "retryAfter": 2}),
        json!({"kind": "throttled", "retryAfterMs": 300}),
        json!({"kind": "status", "status": 500}),
        json!({"kind": "status", "status": 503, "retryAfter": 1}),
        json!({"kind": "status", "status": 504}),
        json!({"kind": "status", "status": 400, "code": "BadRequest", "message": "no"}),
        json!({"kind": "nested", "status": 400, "code": "BadRequest", "message": "no"}),
        json!({"kind": "html", "status": 502}),
        json!({"kind": "cutBefore"}),
        json!({"kind": "cutAfter"}),
        json!({"kind": "cutBody"}),
        json!({"kind": "truncated"}),
        json!({"kind": "expiredToken"}),
        json!({"kind": "staleEtag"}),
        json!({"kind": "recentlyDeleted"}),
        json!({"kind": "tableMissing"}),
        json!({"kind": "staleRead"}),
        json!({"kind": "autoDisable"}),
    ];
    let script: Vec<Value> = (0..=dice.below(4))
        .map(|_| {
            let fault = &kinds[dice.below(kinds.len())];
            let method = ["PUT", "GET", "DELETE"][dice.below(3)];
            let chance = 0.1 + 0.1 * f64::from(u32::try_from(dice.below(4)).expect("small"));
            json!({"method": method, "path": "SecurityInsights", "probability": chance, "fault": fault})
        })
        .collect();
    json!({"seed": dice.next() >> 12, "script": script})
}

/// Edits some owned rules as a person would; what belongs to others is never ours to edit here.
async fn portal(world: &World, dice: &mut Dice) {
    for number in 1..=5u128 {
        if !dice.chance(20) {
            continue;
        }
        let name = sample::id(number).to_string();
        match dice.below(4) {
            0 => world.edit(&name, json!({"severity": "Low"})).await,
            1 => world.edit(&name, json!({"enabled": false})).await,
            2 => {
                let tactics = json!({"tactics": ["Impact"], "triggerThreshold": 5});
                world.edit(&name, tactics).await;
            }
            _ => {
                let path = world.options.workspace.alert_rule(&name);
                world.admin(reqwest::Method::DELETE, &path, None).await;
            }
        }
    }
}

/// One story: files deployed, changed, edited in the portal, deployed again amid faults and kills; then a clean run.
async fn story(world: &World, seed: u64) {
    let dice = &mut Dice(seed);
    world.admin(reqwest::Method::DELETE, "/faults", None).await;
    world.admin(reqwest::Method::POST, "/reset", None).await;
    let workspace = &world.options.workspace;
    let mut foreign = BTreeMap::new();
    for (name, number) in [
        ("made-by-hand", 90),
        ("9d000000-0000-4000-8000-000000000001", 91),
    ] {
        let body = rest(
            &sample::scheduled(number),
            &RenderOptions {
                enabled_when_silent: Some(true),
                ..RenderOptions::default()
            },
        );
        let put = world.client.put_rule(workspace, name, &body.body).await;
        put.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        foreign.insert(name, world.live(name).await);
    }
    for round in 0..2 + dice.below(2) {
        let files = files(dice);
        let faults = faults(dice);
        portal(world, dice).await;
        if round > 0 || dice.chance(50) {
            world
                .admin(reqwest::Method::PUT, "/faults", Some(faults))
                .await;
        }
        world
            .admin(reqwest::Method::DELETE, "/requests", None)
            .await;
        if let Ok(plan) = world.plan(&files).await {
            let named: BTreeSet<String> = plan
                .changes
                .iter()
                .map(|change| change.name.clone())
                .collect();
            if dice.chance(30) {
                portal(world, dice).await;
            }
            let kill = dice.chance(40).then(|| dice.below(12));
            world.apply(&Arc::new(plan), dice, kill).await;
            let written = world.written().await;
            assert!(
                written.is_subset(&named),
                "seed {seed}: wrote {written:?}, planned {named:?}"
            );
        } else {
            let written = world.written().await;
            assert_eq!(written, BTreeSet::new(), "seed {seed}: no plan, no write");
        }
    }
    // The service forgets which ids it deleted, and nothing goes wrong any more.
    world.admin(reqwest::Method::DELETE, "/faults", None).await;
    world.clock.advance(std::time::Duration::from_hours(49));
    let files = files(dice);
    let mut rounds = 0;
    loop {
        let plan = world.plan(&files).await;
        let plan = plan.unwrap_or_else(|error| panic!("seed {seed}: {error:?}"));
        assert_eq!(plan.conflicts, [], "seed {seed}");
        if plan.is_empty() {
            assert_eq!(plan.unchanged.len(), files.len(), "seed {seed}");
            assert_eq!(plan.owned, files.len(), "seed {seed}");
            break;
        }
        assert_eq!(
            rounds, 0,
            "seed {seed}: not done after a clean run: {plan:?}"
        );
        rounds += 1;
        let done = world.apply(&Arc::new(plan), &mut Dice(0), None).await;
        assert!(done, "seed {seed}: a clean run fails");
    }
    let marks = world.client.list_metadata(workspace).await;
    let marks = marks.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    assert_eq!(marks.len(), files.len(), "seed {seed}: an orphaned mark");
    for (name, before) in foreign {
        assert_eq!(world.live(name).await, before, "seed {seed}: {name}");
    }
}

/// The stories of some seeds, in one world.
fn stories(seeds: std::ops::Range<u64>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let world = World::new().await;
        for seed in seeds {
            story(&world, seed).await;
        }
    });
}

/// How many stories each of the two tests tells: sixty in passing, as many as the variable says in the whole check.
fn count() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test may be told how long it may take"
    )]
    let told = std::env::var("RULEPOST_CHAOS_STORIES").ok();
    told.and_then(|text| text.parse().ok()).unwrap_or(60)
}

#[test]
fn chaos_converges_from_the_first_seed() {
    stories(0..count());
}

#[test]
fn chaos_converges_from_the_ten_thousandth_seed() {
    stories(10_000..10_000 + count());
}
