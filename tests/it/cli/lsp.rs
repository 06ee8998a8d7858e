//! `lsp`: an exchange as an editor has it, message by message over standard input and output.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use super::validate::SOUND;
use crate::support::Rulepost;

/// A client of the server.
struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: u64,
    _project: Rulepost,
}

const URI: &str = "file:///project/rules/a.yaml";

impl Editor {
    /// Starts the server and shakes hands.
    fn start(project: Rulepost) -> (Self, Value) {
        Self::start_in(project, &Value::Null)
    }

    /// Starts the server with the folder at `root` open.
    fn start_in(project: Rulepost, root: &Value) -> (Self, Value) {
        let project = project.args(["lsp", "--stdio"]);
        let mut child = project
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let mut editor = Self {
            input: child.stdin.take(),
            child,
            output,
            next: 0,
            _project: project,
        };
        let answer = editor.ask(
            "initialize",
            &json!({"processId": null, "rootUri": root, "capabilities": {}}),
        );
        editor.tell("initialized", &json!({}));
        (editor, answer["result"].clone())
    }

    fn write(&mut self, message: &Value) {
        let body = message.to_string();
        let input = self.input.as_mut().expect("it is open");
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("the server reads");
        input.flush().expect("the server reads");
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(
                self.output.read_line(&mut line).expect("the server writes") > 0,
                "it ended"
            );
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(number) = line.strip_prefix("Content-Length: ") {
                length = number.parse().expect("a number");
            }
        }
        let mut body = vec![0; length];
        self.output
            .read_exact(&mut body)
            .expect("the server writes");
        serde_json::from_slice(&body).expect("JSON")
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The answer to a request.
    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let id = self.next;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self.read();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// Opens a file; what was found in it.
    fn open(&mut self, text: &str) -> Value {
        let document = json!({"uri": URI, "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", &json!({"textDocument": document}));
        self.found()
    }

    fn found(&mut self) -> Value {
        let message = self.read();
        assert_eq!(message["method"], "textDocument/publishDiagnostics");
        assert_eq!(message["params"]["uri"], URI);
        message["params"].clone()
    }

    /// The answer to a request about a place.
    fn at(&mut self, method: &str, (line, character): (usize, usize)) -> Value {
        let params = json!({
            "textDocument": {"uri": URI},
            "position": {"line": line, "character": character},
        });
        self.ask(method, &params)["result"].clone()
    }

    /// Says goodbye; the exit code.
    fn end(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", &Value::Null)["result"], Value::Null);
        self.tell("exit", &Value::Null);
        self.input = None;
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }
}

/// Line and UTF-16 column of the end of a piece of a text.
fn after(text: &str, piece: &str) -> (usize, usize) {
    let at = text.find(piece).expect("it is there") + piece.len();
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    (line, text[start..at].encode_utf16().count())
}

fn labels(items: &Value) -> Vec<&str> {
    let items = items.as_array().expect("a list").iter();
    items.filter_map(|item| item["label"].as_str()).collect()
}

#[test]
fn a_rule_is_judged_while_it_is_written() {
    let (mut editor, about) = Editor::start(Rulepost::new());
    assert_eq!(about["serverInfo"]["name"], "rulepost");
    assert_eq!(about["capabilities"]["textDocumentSync"], 2, "incremental");
    let text = SOUND.replace("description: Identifies", "description: 😀 Identifies");
    assert_eq!(editor.open(&text)["diagnostics"], json!([]));
    // One edit, counted in UTF-16 units, behind a character that takes two of them.
    let (line, end) = after(&text, "😀 Identifies many failed logins");
    let edit = |range: (usize, usize, usize), text: &str, version: i32| {
        json!({
            "textDocument": {"uri": URI, "version": version},
            "contentChanges": [{
                "range": {"start": {"line": range.0, "character": range.1}, "end": {"line": range.0, "character": range.2}},
                "text": text,
            }],
        })
    };
    editor.tell(
        "textDocument/didChange",
        &edit((line, end - 6, end), "sign-ins", 2),
    );
    assert_eq!(editor.found()["diagnostics"], json!([]));
    let (line, end) = after(&text, "severity: Medium");
    editor.tell(
        "textDocument/didChange",
        &edit((line, end - 6, end), "medium", 3),
    );
    let found = editor.found();
    assert_eq!(found["version"], 3);
    let finding = &found["diagnostics"][0];
    assert_eq!(finding["code"], "value-spelling");
    assert_eq!(
        finding["range"]["start"],
        json!({"line": line, "character": end - 6})
    );
    assert_eq!(
        finding["range"]["end"],
        json!({"line": line, "character": end})
    );
    // The repair of the finding, and its explanation.
    let params = json!({
        "textDocument": {"uri": URI}, "range": finding["range"], "context": {"diagnostics": []},
    });
    let actions = editor.ask("textDocument/codeAction", &params)["result"].clone();
    assert_eq!(actions[0]["edit"]["changes"][URI][0]["newText"], "Medium");
    assert_eq!(actions[0]["kind"], "quickfix");
    let hover = editor.at("textDocument/hover", (line, end - 3));
    let shown = hover["contents"]["value"].as_str().expect("markdown");
    assert!(shown.starts_with("**value-spelling**"), "{shown}");
    editor.tell(
        "textDocument/didClose",
        &json!({"textDocument": {"uri": URI}}),
    );
    assert_eq!(editor.found()["diagnostics"], json!([]));
    assert_eq!(editor.end(), 0);
}

#[test]
fn an_id_or_a_name_of_another_file_is_told() {
    let project = Rulepost::new().file("rules/other one.yaml", SOUND);
    let root = format!("file://{}", project.dir().display());
    let other = format!("{root}/rules/other%20one.yaml");
    let (mut editor, _) = Editor::start_in(project, &json!(root));
    let found = editor.open(SOUND);
    let finding = &found["diagnostics"][0];
    assert_eq!(finding["code"], "duplicate-id", "{found}");
    let message = finding["message"].as_str().expect("text");
    assert!(message.contains("other one.yaml"), "{message}");
    // With an id of its own it still has the other's name.
    let (line, _) = after(SOUND, "id: ");
    let id = SOUND.lines().nth(line).expect("a line");
    let fresh = SOUND.replacen(id, "id: 00000000-0000-4000-8000-000000000001", 1);
    let change = json!({
        "textDocument": {"uri": URI, "version": 2}, "contentChanges": [{"text": fresh}],
    });
    editor.tell("textDocument/didChange", &change);
    assert_eq!(editor.found()["diagnostics"][0]["code"], "duplicate-name");
    // What the other file is called in an editor counts, not what is on disk; this file is told of anew.
    let renamed = SOUND.replacen("name: ", "name: Other ", 1);
    let document = json!({"uri": other, "languageId": "yaml", "version": 1, "text": renamed});
    editor.tell("textDocument/didOpen", &json!({"textDocument": document}));
    let first = editor.read();
    assert_eq!(first["params"]["uri"], other.as_str());
    assert_eq!(first["params"]["diagnostics"], json!([]));
    assert_eq!(editor.found()["diagnostics"], json!([]));
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_configuration_that_changes_is_read_anew() {
    let project = Rulepost::new();
    let folder = project.dir().to_owned();
    let (mut editor, _) = Editor::start(project);
    let text = SOUND.replace("  SigninLogs\n", "  Contoso_CL\n");
    assert_eq!(
        editor.open(&text)["diagnostics"][0]["code"],
        "kql-unknown-table"
    );
    let columns = "UserPrincipalName = 'string'\nResultType = 'string'\nIPAddress = 'string'\n";
    let config = format!("[schema.tables.Contoso_CL]\n{columns}");
    let changed = json!({"changes": [{"uri": "file:///project/rulepost.toml", "type": 2}]});
    // One that cannot be read leaves everything as it was.
    std::fs::write(folder.join("rulepost.toml"), "[schema").expect("a file");
    editor.tell("workspace/didChangeWatchedFiles", &changed);
    // An answer to a request comes after what was told before it.
    editor.at("textDocument/hover", (0, 0));
    std::fs::write(folder.join("rulepost.toml"), config).expect("a file");
    editor.tell("workspace/didChangeWatchedFiles", &changed);
    let found = editor.found();
    let codes: Vec<_> = found["diagnostics"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|finding| finding["code"].clone())
        .collect();
    assert!(!codes.contains(&json!("kql-unknown-table")), "{found}");
    assert_eq!(editor.end(), 0);
}

#[test]
fn findings_stand_inside_the_query() {
    let (mut editor, _) = Editor::start(Rulepost::new());
    let text = SOUND.replace("ResultType == '50126'", "\"ü😀\" != ResultTyp");
    let found = editor.open(&text);
    let finding = &found["diagnostics"][0];
    assert_eq!(finding["code"], "kql-unknown-column", "{found}");
    let (line, end) = after(&text, "ResultTyp");
    assert_eq!(
        finding["range"]["start"],
        json!({"line": line, "character": end - 9})
    );
    assert_eq!(
        finding["range"]["end"],
        json!({"line": line, "character": end})
    );
    assert!(
        finding["message"]
            .as_str()
            .expect("text")
            .contains("help: there is `ResultType`")
    );
    assert_eq!(editor.end(), 0);
}

#[test]
fn what_may_stand_in_a_query_is_offered() {
    let config = "[schema.tables.Contoso_CL]\nUser_s = 'string'\n";
    let (mut editor, _) = Editor::start(Rulepost::new().file("rulepost.toml", config));
    let text = SOUND.replace(
        "  | summarize",
        "  | join kind=inner (Contoso_CL | where User_s == '') on $left.UserPrincipalName == $right.User_s\n  | summarize",
    );
    editor.open(&text);
    let tables = editor.at("textDocument/completion", after(&text, "query: |\n  Sign"));
    let offered = labels(&tables);
    assert!(
        offered.contains(&"SigninLogs") && offered.contains(&"Contoso_CL"),
        "{} items",
        offered.len()
    );
    let columns = editor.at("textDocument/completion", after(&text, "where ResultT"));
    let offered = labels(&columns);
    assert!(offered.contains(&"ResultType") && offered.contains(&"tolower"));
    assert!(!offered.contains(&"SigninLogs") && !offered.contains(&"User_s"));
    let inner = editor.at(
        "textDocument/completion",
        after(&text, "(Contoso_CL | where Us"),
    );
    let offered = labels(&inner);
    assert!(offered.contains(&"User_s") && !offered.contains(&"ResultType"));
    let operators = editor.at("textDocument/completion", after(&text, "| summ"));
    assert!(labels(&operators).contains(&"summarize"));
    // Columns made on the way are there behind it, and those that were grouped away are not.
    let late = editor.at("textDocument/completion", after(&text, "| where Fail"));
    let offered = labels(&late);
    assert!(offered.contains(&"Failures") && !offered.contains(&"ResultType"));
    assert_eq!(
        editor.at("textDocument/completion", after(&text, "severity: ")),
        Value::Null
    );
    assert_eq!(editor.end(), 0);
}

#[test]
fn names_of_a_query_are_explained() {
    let (mut editor, _) = Editor::start(Rulepost::new());
    editor.open(SOUND);
    let mut shown = |piece: &str| {
        let (line, end) = after(SOUND, piece);
        let hover = editor.at("textDocument/hover", (line, end - 1));
        hover["contents"]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        shown("where ResultType"),
        "`ResultType`: `string`, a column"
    );
    assert!(shown("  SigninLogs").starts_with("`SigninLogs`: table with "));
    assert_eq!(
        shown("ingestion_time"),
        "`ingestion_time()`: scalar function, 0 arguments"
    );
    assert!(shown("> ago").starts_with("`ago()`: scalar function, 1 argument"));
    assert!(shown("= count").starts_with("`count()`: aggregate"));
    assert_eq!(shown("severity: Med"), "");
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_file_is_laid_out_as_fmt_does() {
    let (mut editor, _) = Editor::start(Rulepost::new());
    let text = SOUND.replace(
        "tactics:\n  - CredentialAccess",
        "tactics: [ CredentialAccess ]",
    );
    editor.open(&text);
    let params =
        json!({"textDocument": {"uri": URI}, "options": {"tabSize": 2, "insertSpaces": true}});
    let edits = editor.ask("textDocument/formatting", &params)["result"].clone();
    let formatted = Rulepost::new()
        .file("a.yaml", &text)
        .args(["fmt", "a.yaml"]);
    let file = formatted.dir().join("a.yaml");
    let out = formatted.run();
    assert_eq!(out.code, 0, "{out:?}");
    let wanted = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(edits[0]["newText"], wanted.as_str());
    assert_eq!(
        edits[0]["range"]["start"],
        json!({"line": 0, "character": 0})
    );
    assert_eq!(editor.end(), 0);
}

#[test]
fn what_is_no_rule_or_no_request_does_no_harm() {
    let (mut editor, _) = Editor::start(Rulepost::new());
    for text in [
        "",
        "a: [",
        "\u{feff}",
        "- x\n- y\n",
        "name: \0\n",
        "query: |\n  T |",
        "id: x\nquery: \"a\\u00e9 | \n",
    ] {
        editor.open(text);
        for place in [(0, 0), (1, 4), (9, 9)] {
            editor.at("textDocument/hover", place);
            editor.at("textDocument/completion", place);
        }
    }
    assert_eq!(
        editor.ask("textDocument/rename", &json!({}))["error"]["code"],
        -32601
    );
    assert_eq!(
        editor.ask("textDocument/hover", &json!({"x": 1}))["error"]["code"],
        -32602
    );
    editor.tell("textDocument/didChange", &json!({"nonsense": true}));
    editor.tell("$/cancelRequest", &json!({"id": 1}));
    let unknown = json!({"textDocument": {"uri": "file:///other.yaml"}, "position": {"line": 0, "character": 0}});
    assert_eq!(
        editor.ask("textDocument/hover", &unknown)["result"],
        Value::Null
    );
    assert_eq!(editor.end(), 0);
}

#[test]
fn a_client_that_goes_away_ends_the_server() {
    let out = Rulepost::new().args(["lsp"]).run();
    assert_eq!(out.code, 2, "{out:?}");
    assert!(
        out.stderr.contains("does not speak the protocol"),
        "{}",
        out.stderr
    );
    let (mut editor, _) = Editor::start(Rulepost::new());
    editor.open(SOUND);
    editor.input = None;
    assert_eq!(editor.child.wait().expect("it ends").code(), Some(1));
}
