use super::{FIELD_BYTES_MAX, MultipartError};

/// The boundary, 1 – 70 characters that every reader takes for a part of it. A second one, in whatever spelling, has
/// readers of its own.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, settings) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut settings = settings.split(';').filter_map(|setting| setting.trim().split_once('='));
    let is_like = |(name, _): &(&str, &str)| name.to_ascii_lowercase().contains("boundary");
    let (Some((name, value)), None) = (settings.find(is_like), settings.find(is_like)) else {
        return None;
    };
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.'()+/:=?".contains(&byte);
    let fits = name.eq_ignore_ascii_case("boundary") && bare.bytes().all(plain);
    (fits && (1..=70).contains(&bare.len())).then_some(bare)
}

/// What clients say of a content that is to be taken as it is.
const AS_IT_IS: [&str; 3] = ["7bit", "8bit", "binary"];
/// Sets of characters in which ASCII text, and only that, is written as in UTF-8.
const LIKE_UTF8: [&str; 2] = ["us-ascii", "iso-8859-1"];

/// `Content-Disposition: form-data; name="…"; filename="…"`.
pub(super) struct Disposition {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
    /// Whether a text in the part must be ASCII to have one reading.
    pub(super) is_ascii: bool,
}

impl Disposition {
    pub(super) fn parse(head: &[u8]) -> Result<Self, MultipartError> {
        let wrong = MultipartError::Form("has a part without a plain name");
        if head.len() > FIELD_BYTES_MAX {
            return Err(MultipartError::Form("is larger than a form may be"));
        }
        let text = std::str::from_utf8(head).map_err(|_bytes| wrong)?;
        let plain =
            |line: &str| line.contains(':') && !line.starts_with([' ', '\t', '\r', '\n', '-']);
        let lone = |line: &str| line.contains(['\r', '\n']);
        if text.split("\r\n").any(|line| !plain(line) || lone(line)) {
            return Err(wrong);
        }
        let (mut dispositions, mut is_ascii) = (Vec::new(), false);
        for line in text.split("\r\n") {
            let (name, value) = line.split_once(':').ok_or(wrong)?;
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-disposition" => dispositions.push(value),
                "content-length" => {}
                "content-type" if charset_is(value, &["utf-8"]) => {}
                "content-type" if charset_is(value, &LIKE_UTF8) => is_ascii = true,
                "content-transfer-encoding" if is_one_of(value, &AS_IT_IS) => {}
                // Some readers undo an encoding, and take a name from somewhere else.
                _ => {
                    return Err(MultipartError::Form(
                        "has a part with a header that changes what it is",
                    ));
                }
            }
        }
        let &[value] = dispositions.as_slice() else { return Err(wrong) };
        let mut rest = value.strip_prefix("form-data").ok_or(wrong)?;
        let (mut name, mut file_name) = (None, None);
        while !rest.is_empty() {
            let setting = rest.strip_prefix(';').ok_or(wrong)?.trim_start_matches(' ');
            let (key, value) = setting.split_once("=\"").ok_or(wrong)?;
            let (value, after) = value.split_once('"').ok_or(wrong)?;
            let slot = match key {
                "name" => &mut name,
                "filename" => &mut file_name,
                _ => return Err(wrong),
            };
            if value.contains('\\') || slot.replace(value.to_owned()).is_some() {
                return Err(wrong);
            }
            rest = after;
        }
        let blank = |c: char| c.is_whitespace() || c.is_control();
        let name = name.filter(|name| !name.is_empty() && !name.contains(blank));
        let name = name.ok_or(wrong)?;
        // A field with the name of a file is a file to some readers, and the file after it none.
        if file_name.is_some() && !name.eq_ignore_ascii_case("file") {
            return Err(MultipartError::Form("has a file before its file"));
        }
        Ok(Self { name, file_name, is_ascii })
    }
}

/// Whether the type of a part names one of these sets of characters, or none at all.
fn charset_is(kind: &str, known: &[&str]) -> bool {
    let mut settings = kind.split(';').skip(1).filter_map(|setting| setting.split_once('='));
    settings.all(|(name, value)| {
        !name.to_ascii_lowercase().contains("charset")
            || is_one_of(value.trim().trim_matches('"'), known)
    })
}

fn is_one_of(text: &str, known: &[&str]) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(text))
}
