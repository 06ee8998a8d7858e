//! The protocol: messages in, answers and findings out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lsp_server::Connection;
use lsp_server::ErrorCode;
use lsp_server::ExtractError;
use lsp_server::Message;
use lsp_server::Notification;
use lsp_server::Request;
use lsp_server::Response;
use lsp_types::CodeActionOrCommand;
use lsp_types::CodeActionProviderCapability;
use lsp_types::CompletionOptions;
use lsp_types::CompletionResponse;
use lsp_types::Hover;
use lsp_types::HoverContents;
use lsp_types::HoverProviderCapability;
use lsp_types::MarkupContent;
use lsp_types::MarkupKind;
use lsp_types::OneOf;
use lsp_types::PublishDiagnosticsParams;
use lsp_types::ServerCapabilities;
use lsp_types::TextDocumentPositionParams;
use lsp_types::TextDocumentSyncCapability;
use lsp_types::TextDocumentSyncKind;
use lsp_types::Uri;
use lsp_types::notification;
use lsp_types::notification::Notification as _;
use lsp_types::request;
use lsp_types::request::Request as _;
use serde::Serialize;

use super::completion;
use super::document::Document;
use super::hover;
use super::neighbours::Neighbours;
use super::text;
use crate::cli::check::Standard;
use crate::cli::error::Error;

/// What the server can do.
fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Kind(
            TextDocumentSyncKind::INCREMENTAL,
        )),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec!["|".to_owned(), " ".to_owned(), "(".to_owned()]),
            ..CompletionOptions::default()
        }),
        code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        ..ServerCapabilities::default()
    }
}

/// Serves one client until it says goodbye; whether it did so as the protocol wants it.
pub(crate) fn serve(
    connection: &Connection,
    standard: Standard,
    read: &dyn Fn() -> Result<Standard, Error>,
) -> Result<bool, lsp_server::ProtocolError> {
    let (id, client) = connection.initialize_start()?;
    let about = serde_json::json!({
        "capabilities": capabilities(),
        "serverInfo": {"name": "rulepost", "version": env!("CARGO_PKG_VERSION")},
    });
    connection.initialize_finish(id, about)?;
    let root = client["workspaceFolders"][0]["uri"]
        .as_str()
        .or(client["rootUri"].as_str())
        .map(local);
    let mut server = Server {
        standard,
        read,
        neighbours: root.as_deref().map(Neighbours::read).unwrap_or_default(),
        root,
        documents: BTreeMap::new(),
    };
    let watches = &client["capabilities"]["workspace"]["didChangeWatchedFiles"];
    if watches["dynamicRegistration"] == true && connection.sender.send(watch()).is_err() {
        return Ok(false);
    }
    for message in &connection.receiver {
        let answers = match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(true);
                }
                vec![Message::Response(server.request(request))]
            }
            Message::Notification(notification) => {
                let told = server.notification(notification).into_iter();
                told.map(Message::Notification).collect()
            }
            Message::Response(_) => Vec::new(),
        };
        for answer in answers {
            if connection.sender.send(answer).is_err() {
                return Ok(false);
            }
        }
    }
    Ok(false)
}

/// Asks to be told when a file changes that findings depend on.
fn watch() -> Message {
    let glob = |pattern: &str| serde_json::json!({"globPattern": pattern});
    let watchers: Vec<_> = ["**/rulepost.toml", "**/*.json", "**/*.{yaml,yml}"]
        .map(glob)
        .into();
    let params = serde_json::json!({"registrations": [{
        "id": "files",
        "method": notification::DidChangeWatchedFiles::METHOD,
        "registerOptions": {"watchers": watchers},
    }]});
    Message::Request(Request::new(
        "watch".to_owned().into(),
        request::RegisterCapability::METHOD.to_owned(),
        params,
    ))
}

struct Server<'a> {
    standard: Standard,
    /// Reads the configuration and the schema anew.
    read: &'a dyn Fn() -> Result<Standard, Error>,
    /// The folder that is open.
    root: Option<PathBuf>,
    neighbours: Neighbours,
    documents: BTreeMap<String, (Uri, Document)>,
}

impl Server<'_> {
    fn request(&self, request: Request) -> Response {
        match request.method.as_str() {
            request::HoverRequest::METHOD => {
                self.answer::<request::HoverRequest>(request, |server, params| {
                    let at = params.text_document_position_params;
                    let (document, byte) = server.at(&at)?;
                    let value = hover::hover(document, byte, &server.standard.schema)?;
                    Some(Hover {
                        contents: HoverContents::Markup(MarkupContent {
                            kind: MarkupKind::Markdown,
                            value,
                        }),
                        range: None,
                    })
                })
            }
            request::Completion::METHOD => {
                self.answer::<request::Completion>(request, |server, params| {
                    let (document, byte) = server.at(&params.text_document_position)?;
                    let place = document.in_query(byte)?;
                    Some(CompletionResponse::Array(completion::items(
                        place,
                        &server.standard.schema,
                    )))
                })
            }
            request::CodeActionRequest::METHOD => {
                self.answer::<request::CodeActionRequest>(request, |server, params| {
                    let uri = params.text_document.uri;
                    let (_, document) = server.documents.get(uri.as_str())?;
                    let actions = document.actions(&uri, params.range).into_iter();
                    Some(actions.map(CodeActionOrCommand::CodeAction).collect())
                })
            }
            request::Formatting::METHOD => {
                self.answer::<request::Formatting>(request, |server, params| {
                    let (_, document) = server.documents.get(params.text_document.uri.as_str())?;
                    Some(document.formatted())
                })
            }
            other => {
                let message = format!("`{other}` is not supported");
                Response::new_err(request.id, ErrorCode::MethodNotFound as i32, message)
            }
        }
    }

    /// Answers a request, or says what is wrong with it.
    fn answer<R: request::Request>(
        &self,
        request: Request,
        answer: impl FnOnce(&Self, R::Params) -> R::Result,
    ) -> Response
    where
        R::Result: Serialize,
    {
        let id = request.id.clone();
        match request.extract::<R::Params>(R::METHOD) {
            Ok((id, params)) => Response::new_ok(id, answer(self, params)),
            Err(ExtractError::JsonError { error, .. }) => {
                Response::new_err(id, ErrorCode::InvalidParams as i32, error.to_string())
            }
            Err(ExtractError::MethodMismatch(_)) => Response::new_err(
                id,
                ErrorCode::InternalError as i32,
                "the method does not match".to_owned(),
            ),
        }
    }

    fn at(&self, at: &TextDocumentPositionParams) -> Option<(&Document, usize)> {
        let (_, document) = self.documents.get(at.text_document.uri.as_str())?;
        Some((document, text::offset(&document.text, at.position)))
    }

    /// Takes in what an editor tells; what it does not understand of it is left aside, as the protocol wants.
    fn notification(&mut self, told: Notification) -> Vec<Notification> {
        self.told(told).unwrap_or_default()
    }

    fn told(&mut self, told: Notification) -> Option<Vec<Notification>> {
        match told.method.as_str() {
            notification::DidOpenTextDocument::METHOD => {
                let params: lsp_types::DidOpenTextDocumentParams = params(told)?;
                let opened = params.text_document;
                Some(self.put(&opened.uri, opened.text, opened.version))
            }
            notification::DidChangeTextDocument::METHOD => {
                let params: lsp_types::DidChangeTextDocumentParams = params(told)?;
                let uri = params.text_document.uri;
                let mut text = self.documents.remove(uri.as_str())?.1.text;
                text::change(&mut text, params.content_changes);
                Some(self.put(&uri, text, params.text_document.version))
            }
            notification::DidCloseTextDocument::METHOD => {
                let params: lsp_types::DidCloseTextDocumentParams = params(told)?;
                let uri = params.text_document.uri;
                self.documents.remove(uri.as_str());
                Some(vec![publish(uri, Vec::new(), None)])
            }
            notification::DidChangeWatchedFiles::METHOD => {
                let params: lsp_types::DidChangeWatchedFilesParams = params(told)?;
                let is_rule = |uri: &Uri| {
                    [".yaml", ".yml"]
                        .iter()
                        .any(|end| uri.as_str().ends_with(end))
                };
                if !params.changes.iter().all(|change| is_rule(&change.uri)) {
                    match (self.read)() {
                        Ok(standard) => self.standard = standard,
                        // What held before is better than nothing while a file is being written.
                        Err(error) => tracing::warn!("the configuration is not read anew: {error}"),
                    }
                }
                if let Some(root) = &self.root {
                    self.neighbours = Neighbours::read(root);
                }
                for (uri, document) in self.documents.values() {
                    self.neighbours.put(&path(uri), &document.checked.loaded);
                }
                Some(self.again(None))
            }
            _ => None,
        }
    }

    fn put(&mut self, uri: &Uri, text: String, version: i32) -> Vec<Notification> {
        let path = path(uri);
        let document = Document::new(&path, text, version, &self.standard, &self.neighbours);
        let findings = document.diagnostics(uri);
        let mut told = vec![publish(uri.clone(), findings, Some(document.version))];
        let renamed = self.neighbours.put(&path, &document.checked.loaded);
        self.documents
            .insert(uri.as_str().to_owned(), (uri.clone(), document));
        if renamed {
            told.extend(self.again(Some(uri)));
        }
        told
    }

    /// Checks the open files but one again, and tells of those where that finds something else.
    fn again(&mut self, but: Option<&Uri>) -> Vec<Notification> {
        let mut told = Vec::new();
        for (uri, document) in self.documents.values_mut() {
            if Some(&*uri) == but {
                continue;
            }
            let before = document.diagnostics(uri);
            let text = document.text.clone();
            let standard = &self.standard;
            *document = Document::new(
                &path(uri),
                text,
                document.version,
                standard,
                &self.neighbours,
            );
            let now = document.diagnostics(uri);
            if now != before {
                told.push(publish(uri.clone(), now, Some(document.version)));
            }
        }
        told
    }
}

fn params<T: serde::de::DeserializeOwned>(told: Notification) -> Option<T> {
    serde_json::from_value(told.params)
        .inspect_err(|error| tracing::warn!("`{}` is not understood: {error}", told.method))
        .ok()
}

fn publish(
    uri: Uri,
    diagnostics: Vec<lsp_types::Diagnostic>,
    version: Option<i32>,
) -> Notification {
    let params = PublishDiagnosticsParams {
        uri,
        diagnostics,
        version,
    };
    Notification::new(notification::PublishDiagnostics::METHOD.to_owned(), params)
}

/// The path of an address.
fn path(uri: &Uri) -> PathBuf {
    local(uri.as_str())
}

/// The path of an address that is written with `%` for what an address may not hold.
fn local(uri: &str) -> PathBuf {
    let text = uri.strip_prefix("file://").unwrap_or(uri);
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|code| std::str::from_utf8(code).ok())
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned().into()
}
