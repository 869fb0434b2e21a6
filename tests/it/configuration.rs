//! What a deployment's files may say, what is wrong with them, and how a running gate follows them.

mod bundle;
mod following;
mod nonces;
mod refused;
