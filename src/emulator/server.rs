//! Listening: from a socket to calls, until it is told to stop.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::SignedDuration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::emulator::Emulator;
use crate::emulator::Shared;
use crate::emulator::call::Call;
use crate::emulator::config::{Config, Ready};
use crate::emulator::error::Error;
use crate::emulator::faults::Faults;
use crate::emulator::handlers::ingest;
use crate::emulator::identity::Identity;
use crate::emulator::log::RequestLog;
use crate::emulator::router;
use crate::emulator::schedule::{self, Runs};
use crate::emulator::seed::Seed;
use crate::emulator::state::State;
use crate::emulator::store::Store;
use crate::emulator::time::Time;
use crate::emulator::tls::Tls;

/// How often it is looked whether a rule is to run.
const TICK: Duration = Duration::from_secs(1);
/// Most bytes of a request's body.
const MOST: usize = 64 << 20;

/// The connection is dropped without an answer, or in the middle of one.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut on purpose")]
pub(crate) struct Cut;

/// A body on its way out.
pub(crate) type Body = BoxBody<Bytes, Cut>;

/// A body that is sent whole.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never: Infallible| match never {})
        .boxed()
}

/// A body that breaks off in the middle.
pub(crate) fn half(mut bytes: Vec<u8>) -> Body {
    bytes.truncate(bytes.len() / 2);
    let (mut sender, body) = Channel::<Bytes, Cut>::new(1);
    tokio::spawn(async move {
        // Whoever no longer listens needs no breaking off.
        let _ = sender.send_data(bytes.into()).await;
        sender.abort(Cut);
    });
    body.boxed()
}

/// A body that comes eight bytes at a time.
pub(crate) fn slow(bytes: Vec<u8>, pause: Duration) -> Body {
    let (mut sender, body) = Channel::<Bytes, Cut>::new(1);
    tokio::spawn(async move {
        for piece in bytes.chunks(8) {
            tokio::time::sleep(pause).await;
            if sender
                .send_data(Bytes::copy_from_slice(piece))
                .await
                .is_err()
            {
                return;
            }
        }
    });
    body.boxed()
}

/// An emulator that listens. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Running {
    /// What a client needs to know.
    pub(crate) ready: Ready,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Stops listening, lets requests in flight end, and gives the data folder back.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        // A panic of the accept loop has been reported by the runtime already.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Starts an emulator: reads its folder, seeds it, listens.
pub(crate) async fn start(config: Config) -> Result<Running, Error> {
    let store = Store::open(config.data_dir)?;
    let real = matches!(config.clock, Clock::Real);
    let time = Time::new(config.clock);
    // A clock that is given a time to stand at stands there.
    if real {
        time.advance(SignedDuration::from_secs(store.moved()?));
    } else {
        store.write_moved(0)?;
    }
    time.advance(SignedDuration::from_secs(config.faults.skew_seconds));
    let mut identity = match store.identity()? {
        Some(identity) => identity,
        None => Identity::fresh(),
    };
    let mut state = store.state()?;
    if state.workspaces.is_empty() {
        Seed::first(&identity).apply(&mut identity, &mut state, &store, time.now())?;
    }
    if let Some(seed) = config.seed {
        seed.apply(&mut identity, &mut state, &store, time.now())?;
    }
    schedule::skip_missed(&mut state, time.now());
    let log = if config.log_requests {
        RequestLog::with_file(store.request_log()?)
    } else {
        RequestLog::default()
    };
    let listen_error = |source| Error::Listen {
        address: config.listen,
        source,
    };
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    let tls = config
        .tls
        .then(|| Tls::open(store.folder(), address))
        .transpose()?;
    let ready = ready(&identity, &state, address, tls.as_ref());
    let emulator = Arc::new(Emulator {
        ready: ready.clone(),
        loose: config.loose,
        ingestion_delay: config.ingestion_delay,
        page_size: config.page_size.max(1),
        identity: Mutex::new(identity),
        state: Mutex::new(state),
        store,
        time,
        runs: Runs::default(),
        faults: Mutex::new(Faults::new(config.faults)),
        tokens: Mutex::default(),
        deployments: Mutex::default(),
        log,
    });
    let stop = CancellationToken::new();
    let runner = tokio::spawn(run_rules(Arc::clone(&emulator), stop.clone()));
    let stop_accepting = stop.clone();
    let task = tokio::spawn(async move {
        accept(listener, tls, emulator, stop_accepting).await;
        // A panic has been reported by the runtime already.
        let _ = runner.await;
    });
    Ok(Running { ready, stop, task })
}

/// The ready record of an emulator that listens on `address`.
fn ready(identity: &Identity, state: &State, address: SocketAddr, tls: Option<&Tls>) -> Ready {
    let main = &identity.main;
    let secret = identity
        .main_client()
        .map(|client| client.client_secret.clone())
        .unwrap_or_default();
    let first = state
        .workspaces
        .values()
        .find(|one| one.facts.name == main.workspace);
    let workspace_id = first.map(|one| one.facts.customer_id.clone());
    let data_collection_rule = first.map(|one| ingest::rule_id(&one.facts));
    let scheme = if tls.is_some() { "https" } else { "http" };
    let endpoint = format!("{scheme}://{address}");
    let certificate = tls.map(|tls| tls.certificate.to_string_lossy().into_owned());
    let mut env = vec![
        ("AZURE_TENANT_ID", main.tenant.as_str()),
        ("AZURE_CLIENT_ID", main.client_id.as_str()),
        ("AZURE_CLIENT_SECRET", secret.as_str()),
        ("AZURE_SUBSCRIPTION_ID", main.subscription.as_str()),
        ("AZURE_AUTHORITY_HOST", endpoint.as_str()),
        ("RULEPOST_MANAGEMENT_ENDPOINT", endpoint.as_str()),
        ("RULEPOST_LOGS_ENDPOINT", endpoint.as_str()),
        ("RULEPOST_RESOURCE_GROUP", main.resource_group.as_str()),
        ("RULEPOST_WORKSPACE", main.workspace.as_str()),
    ];
    if let Some(certificate) = &certificate {
        env.push(("SSL_CERT_FILE", certificate));
        env.push(("REQUESTS_CA_BUNDLE", certificate));
    }
    let env: BTreeMap<String, String> = env
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Ready {
        listen: address.to_string(),
        tenant: main.tenant.clone(),
        client_id: main.client_id.clone(),
        client_secret: secret,
        subscription: main.subscription.clone(),
        resource_group: main.resource_group.clone(),
        workspace: main.workspace.clone(),
        workspace_id: workspace_id.unwrap_or_default(),
        data_collection_rule: data_collection_rule.unwrap_or_default(),
        env,
    }
}

/// Makes the runs of rules as they become due.
async fn run_rules(emulator: Shared, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(TICK) => {}
        }
        let (emulator, stop) = (Arc::clone(&emulator), stop.clone());
        let made = tokio::task::spawn_blocking(move || {
            schedule::run_due(&emulator, emulator.time.now(), || stop.is_cancelled())
        });
        if let Ok(Err(error)) = made.await {
            tracing::warn!(%error, "the runs of rules cannot be kept");
        }
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<Tls>,
    emulator: Shared,
    stop: CancellationToken,
) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => {
                // A failed accept concerns one connection only.
                if let Ok((stream, peer)) = accepted {
                    connections.spawn(connection(stream, peer, tls.clone(), Arc::clone(&emulator), stop.clone()));
                }
            }
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Tls>,
    emulator: Shared,
    stop: CancellationToken,
) {
    // Answers are small and waited for.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve(stream, "http", peer, emulator, stop).await,
        // Who does not trust the certificate hangs up; that is the client's to tell.
        Some(tls) => tokio::select! {
            () = stop.cancelled() => {}
            shaken = tls.acceptor.accept(stream) => {
                if let Ok(stream) = shaken {
                    serve(stream, "https", peer, emulator, stop.clone()).await;
                }
            }
        },
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    scheme: &'static str,
    peer: SocketAddr,
    emulator: Shared,
    stop: CancellationToken,
) {
    let service = service_fn(|request| handle(request, scheme, peer, Arc::clone(&emulator)));
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A connection that breaks, or is broken on purpose, is the client's to notice.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn handle(
    request: Request<Incoming>,
    scheme: &'static str,
    peer: SocketAddr,
    emulator: Shared,
) -> Result<Response<Body>, Cut> {
    let (parts, body) = request.into_parts();
    // Whoever sends more than anything here takes is cut off before it fills the memory.
    let body = http_body_util::Limited::new(body, MOST).collect().await;
    let body = body.map_err(|_broken_or_too_long| Cut)?.to_bytes();
    let call = Call::new(parts.method, &parts.uri, parts.headers, body, scheme);
    router::answer(&emulator, call, peer).await
}
