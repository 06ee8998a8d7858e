//! The tree: values, places, limits.

use super::*;

const SOURCE: SourceId = SourceId(0);

fn document(text: &str) -> Node {
    let mut stream = read(SOURCE, text);
    assert_eq!(stream.problem, None, "{text}");
    assert_eq!(stream.documents.len(), 1, "{text}");
    stream.documents.remove(0)
}

/// The tree without places, as a line.
fn shape(node: &Node) -> String {
    match &node.value {
        Value::Null => "~".to_owned(),
        Value::Scalar(text, _) => format!("{text:?}"),
        Value::Sequence(items) => {
            let items: Vec<String> = items.iter().map(shape).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(entries) => {
            let entries = entries
                .iter()
                .map(|entry| format!("{}: {}", entry.key.value, shape(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn value<'tree>(node: &'tree Node, key: &str) -> &'tree Node {
    let Value::Mapping(entries) = &node.value else {
        panic!("not a mapping");
    };
    let entry = entries.iter().find(|entry| entry.key.value == key);
    &entry.expect("the key is there").value
}

#[test]
fn scalars_stay_the_text_that_was_written() {
    let node = document("a: 1.0\nb: yes\nc: 017\nd: 1_000\ne: '1'\nf: ~\ng:\nh: null\ni: 'null'\n");
    assert_eq!(
        shape(&node),
        r#"{a: "1.0", b: "yes", c: "017", d: "1_000", e: "1", f: ~, g: ~, h: ~, i: "null"}"#
    );
}

#[test]
fn every_value_has_its_place() {
    let text = "\u{feff}a: x\r\nb:\r\n  - 'y'\r\n  - z\r\nq: |\r\n  T\r\n  | take 1\r\n";
    let node = document(text);
    let written = |key| &text[value(&node, key).span.range()];
    assert_eq!(written("a"), "x");
    assert_eq!(written("b"), "- 'y'\r\n  - z");
    assert_eq!(written("q"), "T\r\n  | take 1");
    let Value::Sequence(items) = &value(&node, "b").value else {
        panic!("a list");
    };
    assert_eq!(&text[items[0].span.range()], "'y'");
    assert_eq!(
        value(&node, "q").value,
        Value::Scalar("T\n| take 1\n".to_owned(), ScalarStyle::Literal)
    );
}

#[test]
fn duplicate_keys_are_all_kept() {
    assert_eq!(shape(&document("a: 1\na: 2\n")), r#"{a: "1", a: "2"}"#);
}

#[test]
fn aliases_are_expanded_and_merges_give_way_to_what_is_written() {
    let text = "base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nlist: [*b]\n";
    assert_eq!(
        shape(&document(text)),
        r#"{base: {x: "1", y: "2"}, use: {y: "3", x: "1"}, list: [{x: "1", y: "2"}]}"#
    );
}

#[test]
fn documents_are_read_one_after_the_other_and_empty_ones_left_out() {
    let stream = read(SOURCE, "a: 1\n---\n---\nb: 2\n...\n");
    let shapes: Vec<String> = stream.documents.iter().map(shape).collect();
    assert_eq!(shapes, [r#"{a: "1"}"#, r#"{b: "2"}"#]);
}

#[test]
fn comments_are_kept_with_their_place() {
    let text = "# one\na: 1 # two\n";
    let comments = read(SOURCE, text).comments;
    let seen: Vec<_> = comments
        .iter()
        .map(|comment| {
            (
                comment.text.as_str(),
                comment.own_line,
                &text[comment.span.range()],
            )
        })
        .collect();
    assert_eq!(seen, [(" one", true, "# one"), (" two", false, "# two")]);
}

#[test]
fn a_tab_after_a_plain_value_is_noted_and_one_inside_is_not() {
    let text = "a: x\t\nb: 'y'\t\nc: u\tv\n";
    let stream = read(SOURCE, text);
    assert_eq!(stream.trailing_tabs, [Span::new(SOURCE, 4, 5)]);
}

fn limit(text: &str) -> String {
    match read(SOURCE, text).problem {
        Some(Problem::TooLarge { limit, .. }) => limit,
        other => panic!("expected a limit, not {other:?}"),
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_is_built() {
    assert_eq!(
        limit(&"a\n".repeat(100_000)),
        "100000 lines, at most 50000 are read"
    );
    assert_eq!(
        limit(&"x".repeat(MAX_BYTES + 1)),
        "1048577 bytes, at most 1048576 are read"
    );
    assert_eq!(limit(&"[".repeat(100_000)), "nested deeper than 64 levels");
    assert_eq!(limit("a: &a [*a]"), "an alias inside its own anchor");
}

#[test]
fn an_alias_bomb_stops_at_the_budget() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        text.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            [below.as_str(); 10].join(", ")
        ));
    }
    assert_eq!(
        limit(&text),
        "more than 100000 values once aliases are expanded"
    );
}

#[test]
fn a_syntax_error_has_its_place() {
    let text = "a: 1\nb: c: d\n";
    let Some(Problem::Syntax { span, message }) = read(SOURCE, text).problem else {
        panic!("this is no YAML");
    };
    assert_eq!(message, "mapping values are not allowed in this context");
    assert_eq!(span.start, 9);
}
