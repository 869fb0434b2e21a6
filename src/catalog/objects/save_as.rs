//! The body of a process call: where the result is written.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::policy::RelativeId;

use super::super::{Context, Unreadable};
use super::batch::unsupported;
use super::key::{bad_value, checked_bucket, checked_key};

const SAVE_AS: &str = "sys/saveas,";

/// Where the one `sys/saveas` of an instruction writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SaveAs {
    /// `None`: the bucket of the request.
    pub(super) bucket: Option<String>,
    pub(super) key: String,
}

impl SaveAs {
    /// Reads `<name>=…|sys/saveas,o_<base64url>,b_<base64url>`.
    pub(super) fn parse(
        name: &str,
        body: &[u8],
        context: &Context<'_>,
    ) -> Result<Self, Unreadable> {
        let text = std::str::from_utf8(body).ok();
        let text = text.and_then(|text| text.strip_prefix(name)?.strip_prefix('='));
        let text = text.ok_or_else(|| unsupported("the body is not the instruction to process"))?;
        // Whoever reads the body as a form would find other parameters or other characters in it.
        if text.bytes().any(|byte| !byte.is_ascii_graphic() || b"%&+".contains(&byte)) {
            return Err(unsupported("the instruction has characters that a form would change"));
        }
        let once = text.to_ascii_lowercase().matches("saveas").count() == 1;
        let mut steps = text.split('|').filter_map(|step| step.strip_prefix(SAVE_AS));
        let step = steps.next().filter(|_step| once);
        let step = step.ok_or_else(|| unsupported("the instruction has not one `sys/saveas`"))?;
        // More actions may follow, such as a notification.
        let settings = step.split('/').next().unwrap_or_default();
        let (mut object, mut bucket) = (None, None);
        for setting in settings.split(',') {
            let slot = match setting.split_once('_') {
                Some(("o", value)) => (&mut object, value),
                Some(("b", value)) => (&mut bucket, value),
                _ => return Err(unsupported("`sys/saveas` has an object and a bucket")),
            };
            if slot.0.replace(slot.1).is_some() {
                return Err(unsupported("`sys/saveas` names one object and one bucket"));
            }
        }
        let object = object.ok_or_else(|| unsupported("`sys/saveas` names no object"))?;
        let bucket = bucket.map(decode).transpose()?;
        bucket.as_deref().map(checked_bucket).transpose()?;
        Ok(Self { bucket, key: holes(checked_key(&decode(object)?, context)?) })
    }
}

fn decode(text: &str) -> Result<String, Unreadable> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or_else(|| bad_value("a name of `sys/saveas` is not base64url"))
}

/// Variables such as `{autoinc}` are filled in by the service: that part of the key is unknown here.
fn holes(key: &str) -> String {
    match key.find('{') {
        Some(at) => {
            let (start, _) = key.split_at(at);
            format!("{}{}", start.trim_end_matches('$'), RelativeId::UNKNOWN_PART)
        }
        None => key.to_owned(),
    }
}
