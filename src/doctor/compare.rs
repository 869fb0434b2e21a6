//! Two canonical texts, line beside line.

use serde::Serialize;

use super::Comparison;

/// Longer texts are compared line by line without looking for lines that came or went.
const ALIGNED_LINES_MAX: usize = 400;
/// What is told beside a difference in running text.
const EXCERPT_CHARS: usize = 24;

/// A line of each side; `None` where the side has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// As the gate builds it from what arrived.
    pub server: Option<String>,
    /// As the client signed it.
    pub client: Option<String>,
}

impl Comparison {
    /// The lines of both; `None` when there is neither.
    pub(super) fn of(server: Option<&str>, client: Option<&str>) -> Option<Self> {
        let lines = |text: &str| readable(text);
        let rows = match (server, client) {
            (None, None) => return None,
            (Some(server), None) => {
                let row = |line| Row { server: Some(line), client: None };
                lines(server).into_iter().map(row).collect()
            }
            (None, Some(client)) => {
                let row = |line| Row { server: None, client: Some(line) };
                lines(client).into_iter().map(row).collect()
            }
            (Some(server), Some(client)) => align(&lines(server), &lines(client)),
        };
        Some(Self { client_known: client.is_some(), rows })
    }
}

/// A client's text as files and logs have it: CRLF, a line end behind it, or everything in one line with `\n`.
pub(super) fn normal(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if text.contains('\n') { text.to_owned() } else { text.replace("\\n", "\n") }
}

/// The lines of a text; of an RPC text, which has one line, its parameters.
fn readable(text: &str) -> Vec<String> {
    if text.contains('\n') || !text.contains("&%2F&") {
        return text.split('\n').map(str::to_owned).collect();
    }
    let (start, parameters) = text.split_once("&%2F&").unwrap_or((text, ""));
    let pair = |pair: &str| pair.replacen("%3D", "=", 1);
    let pairs = parameters.split("%26").map(pair);
    std::iter::once(format!("{start}&%2F&")).chain(pairs).collect()
}

/// The longest common lines face each other; what lies between is paired in order.
fn align(server: &[String], client: &[String]) -> Vec<Row> {
    if server.len().max(client.len()) > ALIGNED_LINES_MAX {
        return pair(server, client);
    }
    let mut rows = Vec::new();
    let (mut from_server, mut from_client) = (0, 0);
    for (at_server, at_client) in common(server, client) {
        let left = server.get(from_server..at_server).unwrap_or_default();
        let right = client.get(from_client..at_client).unwrap_or_default();
        rows.extend(pair(left, right));
        let line = server.get(at_server).cloned();
        rows.push(Row { client: line.clone(), server: line });
        (from_server, from_client) = (at_server + 1, at_client + 1);
    }
    let left = server.get(from_server..).unwrap_or_default();
    rows.extend(pair(left, client.get(from_client..).unwrap_or_default()));
    rows
}

/// Lines of the same name face each other, others stand alone.
fn pair(server: &[String], client: &[String]) -> Vec<Row> {
    if server.len() == client.len() {
        let both = server.iter().cloned().map(Some).zip(client.iter().cloned().map(Some));
        return both.map(|(server, client)| Row { server, client }).collect();
    }
    let name = |line: &String| line.split([':', '=']).next().unwrap_or_default().to_owned();
    let mut rest: Vec<&String> = client.iter().collect();
    let mut rows = Vec::new();
    for line in server {
        let partner = rest.iter().position(|other| name(other) == name(line));
        let before = partner.unwrap_or(0);
        rows.extend(rest.drain(..before).map(|l| Row { server: None, client: Some(l.clone()) }));
        let partner = partner.and_then(|_| (!rest.is_empty()).then(|| rest.remove(0).clone()));
        rows.push(Row { server: Some(line.clone()), client: partner });
    }
    rows.extend(rest.into_iter().map(|l| Row { server: None, client: Some(l.clone()) }));
    rows
}

/// The positions of a longest common subsequence.
fn common(server: &[String], client: &[String]) -> Vec<(usize, usize)> {
    let width = client.len() + 1;
    let mut lengths = vec![0_usize; (server.len() + 1) * width];
    let read = |lengths: &[usize], row: usize, column: usize| {
        lengths.get(row * width + column).copied().unwrap_or(0)
    };
    for (row, left) in server.iter().enumerate().rev() {
        for (column, right) in client.iter().enumerate().rev() {
            let length = if left == right {
                read(&lengths, row + 1, column + 1) + 1
            } else {
                read(&lengths, row + 1, column).max(read(&lengths, row, column + 1))
            };
            if let Some(cell) = lengths.get_mut(row * width + column) {
                *cell = length;
            }
        }
    }
    let (mut row, mut column, mut found) = (0, 0, Vec::new());
    while row < server.len() && column < client.len() {
        if server.get(row) == client.get(column) {
            found.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if read(&lengths, row + 1, column) >= read(&lengths, row, column + 1) {
            row += 1;
        } else {
            column += 1;
        }
    }
    found
}

/// What two texts have around their first difference.
pub(super) fn excerpts(left: &str, right: &str) -> (String, String) {
    let same = left.chars().zip(right.chars()).take_while(|(l, r)| l == r).count();
    let start = same.saturating_sub(EXCERPT_CHARS);
    let cut = |text: &str| {
        let before = if start > 0 { "…" } else { "" };
        let part: String = text.chars().skip(start).take(2 * EXCERPT_CHARS).collect();
        let after = if text.chars().count() > start + 2 * EXCERPT_CHARS { "…" } else { "" };
        format!("{before}{part}{after}")
    };
    (cut(left), cut(right))
}

#[cfg(test)]
mod tests {
    use super::{align, excerpts, normal, readable};

    #[test]
    fn lines_face_their_partners() {
        for (server, client, expected) in [
            ("a\nb\nc", "a\nb\nc", "a=a b=b c=c"),
            ("a\nX\nc", "a\nY\nc", "a=a X=Y c=c"),
            ("a\nx:1\nc", "a\nc", "a=a x:1=- c=c"),
            ("a\nc", "a\nx:1\nc", "a=a -=x:1 c=c"),
            ("h:1\nn:2", "k:0\nh:3\nn:2", "-=k:0 h:1=h:3 n:2=n:2"),
        ] {
            let lines = |text: &str| text.split('\n').map(str::to_owned).collect::<Vec<String>>();
            let side = |text: Option<String>| text.unwrap_or("-".into());
            let rows = align(&lines(server), &lines(client));
            let rows: Vec<String> = rows
                .into_iter()
                .map(|row| format!("{}={}", side(row.server), side(row.client)))
                .collect();
            assert_eq!(rows.join(" "), expected, "{server:?} {client:?}");
        }
    }

    #[test]
    fn texts_as_people_paste_them() {
        assert_eq!(normal("GET\\n\\n/a"), "GET\n\n/a");
        assert_eq!(normal("GET\r\n/a\r\n"), "GET\n/a");
        assert_eq!(readable("GET&%2F&A%3D1%26B%3D2"), ["GET&%2F&", "A=1", "B=2"]);
        let (left, right) = excerpts(&format!("{}x", "a".repeat(50)), &"a".repeat(50));
        assert!(left.starts_with('…') && left.ends_with('x') && right.len() < left.len());
    }
}
