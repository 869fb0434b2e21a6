//! Every operation of every catalogue file, asked for by requests made from the file's facts and compared with a second
//! reading of them that shares no code with the first; and no request that two operations answer to.

#![expect(
    clippy::disallowed_types,
    reason = "trees made from YAML, in which no field stands twice"
)]

mod expected;
mod facts;
mod objects;
mod requests;
mod unique;
