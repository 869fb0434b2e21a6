use super::{FIELD_BYTES_MAX, MultipartError};

/// The boundary, 1 – 70 characters without white space.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, settings) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut settings = settings.split(';').filter_map(|setting| setting.trim().split_once('='));
    let is_boundary = |(name, _): &(&str, &str)| name.eq_ignore_ascii_case("boundary");
    let (Some((_, value)), None) = (settings.find(is_boundary), settings.find(is_boundary)) else {
        return None;
    };
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let fits = bare.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    (fits && (1..=70).contains(&bare.len())).then_some(bare)
}

/// `Content-Disposition: form-data; name="…"; filename="…"`.
pub(super) struct Disposition {
    pub(super) name: String,
    pub(super) file_name: Option<String>,
}

impl Disposition {
    pub(super) fn parse(head: &[u8]) -> Result<Self, MultipartError> {
        let wrong = MultipartError("has a part without a plain name");
        if head.len() > FIELD_BYTES_MAX {
            return Err(MultipartError("is larger than a form may be"));
        }
        let text = std::str::from_utf8(head).map_err(|_bytes| wrong)?;
        let plain =
            |line: &str| line.contains(':') && !line.starts_with([' ', '\t', '\r', '\n', '-']);
        let lone = |line: &str| line.contains(['\r', '\n']);
        if text.split("\r\n").any(|line| !plain(line) || lone(line)) {
            return Err(wrong);
        }
        let mut values = text.split("\r\n").filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-disposition").then_some(value.trim())
        });
        let (Some(value), None) = (values.next(), values.next()) else { return Err(wrong) };
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
        let name = name.ok_or(wrong)?;
        Ok(Self { name, file_name })
    }
}
