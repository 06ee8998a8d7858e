//! What the tests drive the program with.

pub(crate) mod cmd;
pub(crate) mod contract;
pub(crate) mod emulator;

pub(crate) use cmd::Output;
pub(crate) use cmd::Rulepost;
pub(crate) use emulator::Emulator;
