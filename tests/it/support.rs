//! What the tests drive the program with.

mod cmd;

pub(crate) use cmd::Rulepost;
