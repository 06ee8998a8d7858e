//! Tests that need every layer at once, without a process in between.

mod chaos;
mod runs;
