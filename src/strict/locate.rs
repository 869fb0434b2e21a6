//! Where a value stands in the text of a JSON document, found again from its pointer when a message needs it.

use super::Position;

/// Where the value at a JSON pointer (RFC 6901) starts. `text` is valid JSON; `None` when there is no such value.
pub fn locate(text: &str, pointer: &str) -> Option<Position> {
    let mut cursor = Cursor { rest: text };
    cursor.follow(pointer)?;
    Some(Places::new(text).of(cursor.rest))
}

/// Like [`locate`], for the item of a list; where a bare string stands for the list, that is the place.
pub fn locate_item<'p>(text: &str, pointer: &'p str) -> (Position, &'p str) {
    let member = pointer.rsplit_once('/').map_or("", |(member, _)| member);
    let mut places = [pointer, member].into_iter();
    let found = places.find_map(|place| Some((locate(text, place)?, place)));
    found.unwrap_or((Position::START, pointer))
}

/// The line on which each object of a list of objects starts, in a document that is an object with one such list and
/// otherwise no objects on that level: a policy document. One pass over the bytes, for documents that are known to be
/// valid; for others the lines mean nothing.
pub(crate) fn lines_of_items(text: &str) -> Vec<u32> {
    const ITEM_DEPTH: usize = 2;
    let (mut lines, mut line, mut depth) = (Vec::new(), 1_u32, 0_usize);
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\n' => line = line.saturating_add(1),
            b'"' => rest = behind_string(rest),
            b'{' | b'[' => {
                if *byte == b'{' && depth == ITEM_DEPTH {
                    lines.push(line);
                }
                depth = depth.saturating_add(1);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    lines
}

/// What follows the string whose opening quote was the last byte.
fn behind_string(mut rest: &[u8]) -> &[u8] {
    loop {
        let Some(end) = memchr::memchr2(b'"', b'\\', rest) else { return &[] };
        let escaped = rest.get(end) == Some(&b'\\');
        rest = rest.get(end.saturating_add(if escaped { 2 } else { 1 })..).unwrap_or_default();
        if !escaped {
            return rest;
        }
    }
}

/// A member name as a token of a JSON pointer: `~` is `~0`, `/` is `~1`.
pub fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Converts the parser's line and byte column (the last byte read, from 1) into a position in characters.
pub(super) fn position_of_byte(text: &str, line: usize, column: usize) -> Position {
    let whole = text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let starts = whole.char_indices().take_while(|(byte, _)| *byte < column.max(1)).count();
    Position { line: number(line.max(1)), column: number(starts.max(1)) }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Turns ever later places of a text into positions, in one pass over it.
pub(super) struct Places<'t> {
    text: &'t str,
    at: Position,
}

impl<'t> Places<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: Position::START }
    }

    /// The position of `rest`, a tail of the text.
    pub(super) fn of(&mut self, rest: &str) -> Position {
        let passed = self.text.len().saturating_sub(rest.len());
        let Some((before, after)) = self.text.split_at_checked(passed) else { return self.at };
        for character in before.chars() {
            if character == '\n' {
                self.at.line = self.at.line.saturating_add(1);
                self.at.column = 1;
            } else {
                self.at.column = self.at.column.saturating_add(1);
            }
        }
        self.text = after;
        self.at
    }
}

pub(super) struct Cursor<'t> {
    pub(super) rest: &'t str,
}

impl<'t> Cursor<'t> {
    fn follow(&mut self, pointer: &str) -> Option<()> {
        self.blank();
        let mut tokens = pointer.split('/');
        tokens.next().filter(|root| root.is_empty())?;
        for token in tokens {
            let name = token.replace("~1", "/").replace("~0", "~");
            self.enter(&name)?;
        }
        Some(())
    }

    fn enter(&mut self, name: &str) -> Option<()> {
        if self.open('{').is_some() {
            return self.enter_member(name);
        }
        self.open('[')?;
        let index: usize = name.parse().ok()?;
        for _ in 0..index {
            self.skip_value();
            self.next_item()?;
        }
        Some(())
    }

    fn enter_member(&mut self, name: &str) -> Option<()> {
        loop {
            let quoted = self.string()?;
            self.blank();
            self.take(':')?;
            self.blank();
            if serde_json::from_str::<String>(quoted).is_ok_and(|member| member == name) {
                return Some(());
            }
            self.skip_value();
            self.next_item()?;
        }
    }

    /// Goes into a collection that is not empty.
    pub(super) fn open(&mut self, bracket: char) -> Option<()> {
        self.take(bracket)?;
        self.blank();
        (!self.rest.starts_with([']', '}'])).then_some(())
    }

    /// Goes past the comma to the next item or member.
    pub(super) fn next_item(&mut self) -> Option<()> {
        self.blank();
        self.take(',')?;
        self.blank();
        Some(())
    }

    pub(super) fn take(&mut self, wanted: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(wanted)?;
        Some(())
    }

    pub(super) fn blank(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Takes a string with its quotes.
    pub(super) fn string(&mut self) -> Option<&'t str> {
        let body = self.rest.strip_prefix('"')?;
        let mut escaped = false;
        let end = body.bytes().position(|byte| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes
        })?;
        let (taken, rest) = self.rest.split_at_checked(end.checked_add(2)?)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn skip_value(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.rest.bytes().next() {
                None => return,
                Some(b'"') if self.string().is_some() => {}
                Some(b'{' | b'[') => {
                    depth = depth.saturating_add(1);
                    self.step();
                }
                Some(b'}' | b']') => {
                    depth = depth.saturating_sub(1);
                    self.step();
                }
                Some(b',' | b':' | b' ' | b'\t' | b'\n' | b'\r') => self.step(),
                Some(_) => self.skip_word(),
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Skips a number, `true`, `false` or `null`, and at least one character.
    fn skip_word(&mut self) {
        self.step();
        self.rest = self.rest.trim_start_matches(|c: char| !",:]} \t\n\r".contains(c));
    }

    fn step(&mut self) {
        let mut characters = self.rest.chars();
        characters.next();
        self.rest = characters.as_str();
    }
}

/// The numbers of a valid JSON text as they are written, in order.
pub(super) struct Numbers<'t> {
    cursor: Cursor<'t>,
}

impl<'t> Numbers<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { cursor: Cursor { rest: text } }
    }
}

impl<'t> Iterator for Numbers<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        loop {
            let before = self.cursor.rest;
            match before.bytes().next()? {
                b'"' => drop(self.cursor.string()?),
                b'-' | b'0'..=b'9' => {
                    self.cursor.skip_word();
                    return before.get(..before.len().checked_sub(self.cursor.rest.len())?);
                }
                _ => self.cursor.step(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "{ \"é\": 1, \"a\\u002fb~\": [10,\n  {\"x\": [[], {}, \"]\\\"\"], \"y\":false}, null ]\n}";

    #[test]
    fn places() {
        let cases = [
            ("", Some((1, 1))),
            ("/é", Some((1, 8))),
            ("/a~1b~0", Some((1, 24))),
            ("/a~1b~0/0", Some((1, 25))),
            ("/a~1b~0/1", Some((2, 3))),
            ("/a~1b~0/1/x/2", Some((2, 18))),
            ("/a~1b~0/1/y", Some((2, 30))),
            ("/a~1b~0/2", Some((2, 38))),
            ("/a~1b~0/3", None),
            ("/a~1b~0/1/x/0/0", None),
            ("/a~1b~0/-1", None),
            ("/z", None),
            ("é", None),
        ];
        for (pointer, expected) in cases {
            let found = locate(TEXT, pointer).map(|at| (at.line, at.column));
            assert_eq!(found, expected, "{pointer}");
        }
        assert_eq!(pointer_token("a/b~"), "a~1b~0");
    }

    #[test]
    fn lines() {
        let text = "{\"Version\":\"1\\\\\",\n\"Statement\":[\n{\"a\":[{}],\"b\":{\"c\":\"\\\"{\"}},\n\n{}]}";
        assert_eq!(lines_of_items(text), [3, 5]);
        assert!(lines_of_items("\"").is_empty() && lines_of_items("\"\\").is_empty());
    }

    #[test]
    fn text_that_is_not_json_ends_too() {
        for text in ["", "\"", "{\"a", "[[[[", "{\"a\":", "\\", "[1 2", "}"] {
            let _unused = locate(text, "/a/0");
            let _unused = lines_of_items(text);
            assert!(Numbers::new(text).count() < 9);
        }
    }
}
