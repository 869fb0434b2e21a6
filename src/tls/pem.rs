use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Writes PEM (RFC 7468): base64 in lines of 64 characters.
pub(super) fn write(label: &str, der: &[u8]) -> String {
    const LINE_BYTES: usize = 48; // 64 characters
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(LINE_BYTES) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}
