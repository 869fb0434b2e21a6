//! The `ramgate` program.

fn main() {}
