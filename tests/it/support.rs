//! What the tests drive the program with.

pub(crate) mod cmd;
pub(crate) mod contract;
pub(crate) mod emulator;
mod scripted;

pub(crate) use cmd::Output;
pub(crate) use cmd::Rulepost;
pub(crate) use emulator::Emulator;
pub(crate) use scripted::Scripted;
