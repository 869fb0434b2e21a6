//! End-to-end and cross-module tests.
