//! Messages for the operator: few, one line each, on stderr.

use std::fmt::Display;

/// Prints one message with its time. Not for anything that happens per request: that is what audit and metrics are for.
pub fn log(message: impl Display) {
    let time = crate::clock::timestamp();
    #[expect(clippy::print_stderr, reason = "this is the one place that prints messages")]
    {
        eprintln!("{time:.3} {message}");
    }
}
