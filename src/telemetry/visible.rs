//! Texts of strangers in lines that people read.

/// A line of JSON in which every character is seen, and seen where it stands: those that are not, such as the marks that turn the
/// direction of writing, are written as escapes. They stand in strings alone, so that the line means the same.
pub(super) fn visible(json: String) -> String {
    let plain = |byte: u8| (b' '..=b'~').contains(&byte);
    if json.bytes().all(plain) || !json.contains(is_hidden) {
        return json;
    }
    let mut shown = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if is_hidden(c) { push_escaped(&mut shown, c) } else { shown.push(c) }
    }
    shown
}

fn push_escaped(shown: &mut String, c: char) {
    use std::fmt::Write as _;
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _infallible = write!(shown, "\\u{unit:04x}");
    }
}

/// Control characters, and those that Unicode has for the format of a text (`Cf`) or the end of a line.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O01 of the threat model.
    #[test]
    fn what_is_not_seen_is_escaped() {
        for (text, expected) in [
            ("repo:a/b:ref:refs/heads/main", "\"repo:a/b:ref:refs/heads/main\""),
            ("jörg, 部署", "\"jörg, 部署\""),
            ("a\u{202e}b", r#""a\u202eb""#),
            ("a\u{200b}b\u{2028}c\u{feff}", r#""a\u200bb\u2028c\ufeff""#),
            ("a\u{7f}b\u{9b}c", r#""a\u007fb\u009bc""#),
            ("a\u{e0041}b", r#""a\udb40\udc41b""#),
            ("a\r\n\u{1b}[2J", r#""a\r\n\u001b[2J""#),
        ] {
            let json = serde_json::to_string(text).unwrap();
            let shown = visible(json);
            assert_eq!(shown, expected);
            assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }
}
