//! A technique that ATT&CK has replaced.

use crate::diag::{Diagnostic, Edit, Fix, code};
use crate::lint::{Check, Found, Lint};
use crate::mitre;
use crate::mitre::Status;
use crate::rule::Rule;

code! {
    /// ATT&CK has withdrawn the technique in favour of another.
    ///
    /// The service takes the old id, while coverage reports and the portal's MITRE page do not show it. `--fix` writes the
    /// successor.
    ///
    /// Bad:
    /// ```yaml
    /// tactics:
    ///   - Exfiltration
    /// relevantTechniques:
    ///   - T1002
    /// ```
    /// Good:
    /// ```yaml
    /// tactics:
    ///   - Collection
    /// relevantTechniques:
    ///   - T1560
    /// ```
    /// Source: MITRE ATT&CK Enterprise v18.1.
    pub(crate) static CODE = "revoked-technique", Warning, "a technique that ATT&CK has replaced";
}

/// The check.
pub(super) static LINT: Lint = Lint {
    code: &CODE,
    check: Check::Rule(check),
};

fn check(rule: &Rule, found: &mut Found<'_>) {
    for id in &rule.techniques {
        let Some(technique) = mitre::technique(id.value) else {
            continue;
        };
        let Status::Revoked(successor) = technique.status else {
            continue;
        };
        let message = format!("`{}` ({}) is revoked", id.value, technique.name);
        let mut diagnostic = Diagnostic::new(&CODE, id.span, message);
        if let Some(successor) = successor {
            let name = mitre::technique(successor).map_or("", |technique| technique.name);
            diagnostic = diagnostic.help(format!("its successor is `{successor}` ({name})"));
            let repeated = rule.techniques.iter().any(|other| other.value == successor);
            let text = found.sources.get(id.span.source).text();
            let written = text.get(id.span.range()).unwrap_or_default();
            if !repeated && written.contains(&id.value.to_string()) {
                diagnostic = diagnostic.fix(Fix {
                    title: format!("write `{successor}`"),
                    edits: vec![Edit {
                        span: id.span,
                        replacement: written.replace(&id.value.to_string(), &successor.to_string()),
                    }],
                });
            }
        }
        found.report(diagnostic);
    }
}
