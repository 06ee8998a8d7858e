//! What a query runs in: tables, clock, names.

use std::cell::Cell;
use std::cell::OnceCell;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::engine::code::Code;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::graph::Graph;
use crate::engine::memory;
use crate::engine::memory::Held;
use crate::engine::table::Source;
use crate::engine::table::Table;
use crate::engine::value::Value;
use crate::kql::ast::Expr;
use crate::kql::ast::Function;

/// Nested deeper than this is refused: a function that calls itself, or a query made to exhaust the stack.
const DEPTH: usize = 64;

/// How `externaldata` gets its text: the address, and what to say when there is none.
pub(crate) type Fetch = dyn Fn(&str) -> std::result::Result<String, String>;

/// What the caller gives.
#[derive(Default)]
pub(crate) struct Environment {
    /// The tables by name.
    pub(crate) tables: BTreeMap<String, Box<dyn Source>>,
    /// The watchlists by alias.
    pub(crate) watchlists: BTreeMap<String, Table>,
    /// What `geo_info_from_ip_address` gives for the addresses of a range; without it the function is not supported.
    pub(crate) geo: Option<Arc<Vec<(String, Value)>>>,
    /// What `now()` is, in ticks.
    pub(crate) now: i64,
    /// What one operator may hold, in bytes; [`memory::MOST`] where nothing is said.
    pub(crate) memory: Option<u64>,
    /// Reads the text behind an address of `externaldata`.
    pub(crate) fetch: Option<Box<Fetch>>,
    /// Whether each condition of `where` was ever true or false; filled where it is there.
    pub(crate) coverage: Option<RefCell<crate::engine::coverage::Coverage>>,
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Environment")
            .field("tables", &self.tables.keys())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// One run of one query.
pub(crate) struct Session<'q> {
    /// What the caller gave.
    pub(crate) env: &'q Environment,
    /// The query's text.
    pub(crate) text: &'q str,
    /// State of the pseudo-random numbers: the same where `now()` is, so that a test comes out as it did before.
    pub(crate) random: Arc<std::sync::atomic::AtomicU64>,
    /// The values of `set` statements.
    pub(crate) options: RefCell<BTreeMap<Arc<str>, Code>>,
    /// The graphs that were made.
    pub(crate) graphs: RefCell<Vec<Arc<Graph>>>,
    /// How deep functions are nested just now.
    depth: Cell<usize>,
}

impl<'q> Session<'q> {
    /// A run of `text`.
    pub(crate) fn new(env: &'q Environment, text: &'q str) -> Self {
        Self {
            env,
            text,
            random: Arc::new(std::sync::atomic::AtomicU64::new(
                env.now as u64 ^ 0x9E37_79B9_7F4A_7C15,
            )),
            options: RefCell::default(),
            graphs: RefCell::default(),
            depth: Cell::new(0),
        }
    }

    /// What the operator of that name holds, nothing yet.
    pub(crate) fn held(&self, what: &'static str) -> Held {
        Held::new(what, self.env.memory.unwrap_or(memory::MOST))
    }

    /// Runs `f` one level deeper.
    pub(crate) fn deeper<T>(&self, f: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.depth.get() >= DEPTH {
            return Err(Error::Limit(format!(
                "the query nests deeper than {DEPTH} levels"
            )));
        }
        self.depth.set(self.depth.get() + 1);
        let result = f();
        self.depth.set(self.depth.get() - 1);
        result
    }
}

/// What a name stands for.
#[derive(Clone)]
pub(crate) enum Binding<'q> {
    /// A value, perhaps of the row at hand.
    Scalar(Code),
    /// Rows in memory.
    Table(Rc<Table>),
    /// A query, run where it is used.
    Query(&'q Expr, Scope<'q>),
    /// A query that runs once.
    Cached(&'q Expr, Scope<'q>, Rc<OnceCell<Rc<Table>>>),
    /// A function of the query's own.
    Function(&'q Function, Scope<'q>),
}

/// The names in force, innermost first.
#[derive(Clone, Default)]
pub(crate) struct Scope<'q>(Option<Rc<Node<'q>>>);

struct Node<'q> {
    name: Arc<str>,
    binding: Binding<'q>,
    next: Scope<'q>,
}

impl<'q> Scope<'q> {
    /// With one name more.
    pub(crate) fn with(&self, name: &Arc<str>, binding: Binding<'q>) -> Self {
        Self(Some(Rc::new(Node {
            name: Arc::clone(name),
            binding,
            next: self.clone(),
        })))
    }

    /// What `name` stands for.
    pub(crate) fn get(&self, name: &str) -> Option<&Binding<'q>> {
        let mut at = self.0.as_ref();
        while let Some(node) = at {
            if *node.name == *name {
                return Some(&node.binding);
            }
            at = node.next.0.as_ref();
        }
        None
    }

    /// All names, innermost first.
    pub(crate) fn names(&self) -> Vec<(Arc<str>, Binding<'q>)> {
        let mut out = Vec::new();
        let mut at = self.0.as_ref();
        while let Some(node) = at {
            out.push((Arc::clone(&node.name), node.binding.clone()));
            at = node.next.0.as_ref();
        }
        out
    }
}
