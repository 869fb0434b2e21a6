//! Reads the deployment's files, at the start and whenever they change, and publishes what they say.
//!
//! All or nothing: files that do not compile leave the last good generation in place. Revocations are read and applied
//! by themselves, on a thread of their own, so that no other file holds one up. There is no file-system notification:
//! mounted volumes are swapped by symbolic link, which watchers miss; a sweep that compares metadata a few times a second
//! does not.

mod certificate;
mod check;
mod current;
mod draft;
mod event;
mod folders;
mod follow;
mod heartbeat;
mod load;
mod reader;
mod revoked;
mod single;
mod source;
mod workloads;

pub use check::check;
pub use current::Current;
pub use draft::Draft;
pub use event::Event;
pub use follow::{Reloader, Waker};
pub use load::{Loaded, load};
pub use reader::{read_secret, read_text};
pub use source::{Source, catalog_files};
