//! The one integration test binary: every test that runs the program from outside.
