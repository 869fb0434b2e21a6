//! How far the gate has come with a request. Each phase is a value that only the one before it makes.

use bytes::Bytes;

use crate::memory::SharedMark;
use crate::request::{Head, Multipart, Params};
use crate::signature::BodyAgreed;

use super::authenticate::Authenticated;
use super::watch::Watch;
use super::{Facts, FormReader, Refusal, content};

/// A request whose head has been judged as far as a head alone can be.
#[derive(Debug)]
pub struct Opened {
    pub(super) head: Head,
    pub(super) facts: Facts,
    pub(super) caller: Caller,
    pub(super) reads: Reads,
    pub(super) bytes_max: usize,
}

/// A request whose caller and body are proven, or that has none to prove.
#[derive(Debug)]
pub struct Proven {
    pub(super) head: Head,
    pub(super) facts: Facts,
    pub(super) caller: Option<Authenticated>,
    pub(super) form: Option<Params>,
    pub(super) collected: Collected,
    /// What is still to be proven of the body.
    pub(super) watch: Option<Watch>,
}

/// A proven request whose body is being read elsewhere; there is no way on without proof that it agrees.
#[derive(Debug)]
pub struct Awaiting(Proven);

/// How far authentication has come.
#[derive(Debug)]
pub(super) enum Caller {
    /// No credentials at all.
    Anonymous,
    /// Proven by the head.
    Known(Box<Authenticated>),
    /// The signature covers a form that has not been read.
    InForm,
}

/// What has to be read of the body before [`super::Gate::complete`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Nothing: the body, if any, plays no part in the decision and nothing was promised about it.
    Nothing,
    /// The whole body: it decides.
    Whole,
    /// The whole body if it is small; the start of it otherwise. Its digest was signed.
    Digest,
    /// The fields of a browser form, up to where its file begins.
    Upload,
}

/// What was read of the body.
#[derive(Clone, Debug)]
pub enum Collected {
    /// There is no body.
    Empty,
    /// All of it.
    Whole(Bytes),
    /// The first bytes of a body that is streamed under guard.
    Start(Bytes),
    /// The fields of a browser form, whose file is streamed under guard.
    Upload(Box<Upload>),
    /// All of it is on disk, and was checked.
    Spooled,
    /// Not looked at.
    Unread,
}

/// The beginning of a browser form.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its fields.
    pub form: Multipart,
    /// The bytes up to where the file begins.
    pub head: Bytes,
    /// What of the file was read with them.
    pub file: Bytes,
}

impl Opened {
    /// What has to be read of the body.
    pub fn reads(&self) -> Reads {
        self.reads
    }

    /// How much of it may be read.
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Whether the head alone proved who the caller is.
    pub fn is_proven(&self) -> bool {
        matches!(self.caller, Caller::Known(_))
    }

    /// What reads the fields of a browser form.
    pub fn form_reader(&self) -> Result<FormReader, Refusal> {
        Ok(content::form_reader(&self.head)?)
    }

    /// What other processes have to be told of the nonce that [`super::Gate::open`] spent; once.
    pub fn take_spent(&mut self) -> Option<SharedMark> {
        match &mut self.caller {
            Caller::Known(caller) => caller.spent.take(),
            Caller::Anonymous | Caller::InForm => None,
        }
    }
}

impl Proven {
    /// What other processes have to be told of the nonce that [`super::Gate::complete`] spent; once.
    pub fn take_spent(&mut self) -> Option<SharedMark> {
        self.caller.as_mut().and_then(|caller| caller.spent.take())
    }

    /// Whether a body was signed that has not been read to its end. [`super::Gate::foresee`] says what to do with it.
    pub fn has_more(&self) -> bool {
        matches!(self.collected, Collected::Start(_))
    }

    /// Hands out what watches the body, for reading it to its end before anything else happens.
    pub fn await_body(mut self) -> (Awaiting, Option<Watch>) {
        let watch = self.watch.take();
        (Awaiting(self), watch)
    }
}

impl Awaiting {
    /// The body was read to its end and is what was signed; it waits elsewhere.
    pub fn resume(self, _proof: BodyAgreed) -> Proven {
        Proven { collected: Collected::Spooled, ..self.0 }
    }
}
