//! Requests as the cases of `ramgate test calls` write them.

use serde_json::value::RawValue;

use crate::cases::CallRequest;

use super::{Capture, CaptureError, Source};

/// A case, or its `request` alone.
#[derive(serde::Deserialize)]
struct Case {
    request: CallRequest,
}

/// A file of cases, of which one is read.
#[derive(serde::Deserialize)]
struct File<'t> {
    #[serde(borrow)]
    cases: Vec<&'t RawValue>,
}

/// Reads a request.
pub(super) fn request(text: &str) -> Result<Capture, CaptureError> {
    serde_json::from_str::<CallRequest>(text)
        .map(|request| capture(&request))
        .map_err(|error| wrong(&error))
}

/// Reads the request of a case.
pub(super) fn case(text: &str) -> Result<Capture, CaptureError> {
    serde_json::from_str::<Case>(text)
        .map(|case| capture(&case.request))
        .map_err(|error| wrong(&error))
}

/// Reads the request of one of the cases of a file, or of a list of them; the first unless a number says which.
pub(super) fn file(text: &str, number: Option<usize>) -> Result<Capture, CaptureError> {
    let cases = if text.starts_with('[') {
        serde_json::from_str(text)
    } else {
        serde_json::from_str(text).map(|File { cases }| cases)
    };
    let cases: Vec<&RawValue> = cases.map_err(|error| wrong(&error))?;
    let number = number.unwrap_or(1);
    let chosen = number.checked_sub(1).and_then(|index| cases.get(index));
    let missing = || format!("the file has {} cases, and no case {number}", cases.len());
    case(chosen.ok_or_else(|| CaptureError::new(missing()))?.get())
}

fn capture(request: &CallRequest) -> Capture {
    Capture::of(request.recorded(), Source::Call)
}

fn wrong(error: &serde_json::Error) -> CaptureError {
    CaptureError::new(error.to_string())
}
