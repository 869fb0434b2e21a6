//! The `ramgate` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    ramgate::cli::main()
}
