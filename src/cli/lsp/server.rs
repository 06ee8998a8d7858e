//! The protocol: messages in, answers and findings out.

use std::collections::HashMap;
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
use super::text;
use crate::cli::check::Standard;

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
    standard: &Standard,
) -> Result<bool, lsp_server::ProtocolError> {
    let (id, _) = connection.initialize_start()?;
    let about = serde_json::json!({
        "capabilities": capabilities(),
        "serverInfo": {"name": "rulepost", "version": env!("CARGO_PKG_VERSION")},
    });
    connection.initialize_finish(id, about)?;
    let mut server = Server {
        standard,
        documents: HashMap::new(),
    };
    for message in &connection.receiver {
        let answer = match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(true);
                }
                Some(Message::Response(server.request(request)))
            }
            Message::Notification(notification) => {
                server.notification(notification).map(Message::Notification)
            }
            Message::Response(_) => None,
        };
        if let Some(answer) = answer
            && connection.sender.send(answer).is_err()
        {
            return Ok(false);
        }
    }
    Ok(false)
}

struct Server<'a> {
    standard: &'a Standard,
    documents: HashMap<String, Document>,
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
                    let document = server.documents.get(uri.as_str())?;
                    let actions = document.actions(&uri, params.range).into_iter();
                    Some(actions.map(CodeActionOrCommand::CodeAction).collect())
                })
            }
            request::Formatting::METHOD => {
                self.answer::<request::Formatting>(request, |server, params| {
                    let document = server.documents.get(params.text_document.uri.as_str())?;
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
        let document = self.documents.get(at.text_document.uri.as_str())?;
        Some((document, text::offset(&document.text, at.position)))
    }

    /// Takes in what an editor tells; what it does not understand of it is left aside, as the protocol wants.
    fn notification(&mut self, told: Notification) -> Option<Notification> {
        match told.method.as_str() {
            notification::DidOpenTextDocument::METHOD => {
                let params: lsp_types::DidOpenTextDocumentParams = params(told)?;
                let opened = params.text_document;
                Some(self.put(&opened.uri, opened.text, opened.version))
            }
            notification::DidChangeTextDocument::METHOD => {
                let params: lsp_types::DidChangeTextDocumentParams = params(told)?;
                let uri = params.text_document.uri;
                let mut text = self.documents.remove(uri.as_str())?.text;
                text::change(&mut text, params.content_changes);
                Some(self.put(&uri, text, params.text_document.version))
            }
            notification::DidCloseTextDocument::METHOD => {
                let params: lsp_types::DidCloseTextDocumentParams = params(told)?;
                let uri = params.text_document.uri;
                self.documents.remove(uri.as_str());
                Some(publish(uri, Vec::new(), None))
            }
            _ => None,
        }
    }

    fn put(&mut self, uri: &Uri, text: String, version: i32) -> Notification {
        let document = Document::new(&path(uri), text, version, self.standard);
        let findings = document.diagnostics(uri);
        let notification = publish(uri.clone(), findings, Some(document.version));
        self.documents.insert(uri.as_str().to_owned(), document);
        notification
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

/// The path of an address, for messages.
fn path(uri: &Uri) -> PathBuf {
    let text = uri.as_str();
    text.strip_prefix("file://").unwrap_or(text).into()
}
