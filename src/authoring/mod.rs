//! Making and reviewing catalogue files: an import from other descriptions of an API, the pages that a reviewer reads,
//! and the linter. What a file means to a request is the business of `catalog`.

mod draft;
mod flow;
mod import;
mod lint;
mod merge;
mod names;
mod sheet;
mod write;

pub use import::{Format, Imported, Input, Options, Scope, import};
pub use lint::lint;
pub use merge::{Change, Done, Merged, merge};
pub use sheet::{CheckSheet, ConditionSheet, OperationSheet, Origin, ProductSheet, sheets};
