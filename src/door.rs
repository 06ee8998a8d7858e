//! The way in for benches, examples and fuzz targets, which stand outside the crate. No API: it changes without notice.

pub mod engine;
pub mod kql;
pub mod rule;
