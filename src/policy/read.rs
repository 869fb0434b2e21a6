//! Reads a document that has nothing wrong with it, in one pass over its text.
//!
//! It accepts exactly what [`super::parse`] finds no problem in, and says no more than yes or no; the other pass, which
//! is slower and remembers places, then says what is wrong.

mod seeds;

use serde::de::{DeserializeSeed, Error, MapAccess};

use self::seeds::{Items, Members, Text, TextOrList, Word};
use super::action::ActionPattern;
use super::condition::{Clause, Key, Operator, Value};
use super::document::{Document, DocumentKind, Effect, PrincipalForm, Range, Sense, Statement};
use super::principal::{Place, PrincipalPattern, Principals, Under};
use super::resource::ResourcePattern;
use super::rules::{self, OidcRule};
use super::texts::{Span, Texts};
use crate::strict::lines_of_items;

/// Reads a document; `None` when anything is wrong with it.
pub(super) fn read(kind: DocumentKind, oidc: OidcRule, text: &str, file: &str) -> Option<Document> {
    if text.len() > rules::DOCUMENT_BYTES_MAX {
        return None;
    }
    let mut draft = Draft::new(kind, text.len());
    let mut json = serde_json::Deserializer::from_str(text);
    Members(|access: &mut dyn Access| draft.document(access)).deserialize(&mut json).ok()?;
    json.end().ok()?;
    draft.finish(oidc, text, file)
}

/// The members of an object, one after the other. Behind `dyn`, so that each reader below exists once.
trait Access {
    /// The place in `names` of the next member; `None` at the end. A name that is not there is an error.
    fn next_of(&mut self, names: &[&str]) -> Result<Option<usize>, Refused>;
    /// The name of the next member.
    fn next_name(
        &mut self,
        take: &mut dyn FnMut(&str) -> Result<(), Refused>,
    ) -> Result<bool, Refused>;
    /// The value, a string.
    fn text(&mut self, take: &mut dyn FnMut(&str) -> Result<(), Refused>) -> Result<(), Refused>;
    /// The value, a string or a list of strings. Says how many there were.
    fn texts(
        &mut self,
        take: &mut dyn FnMut(&str) -> Result<(), Refused>,
    ) -> Result<usize, Refused>;
    /// The value, an object.
    fn object(
        &mut self,
        read: &mut dyn FnMut(&mut dyn Access) -> Result<(), Refused>,
    ) -> Result<(), Refused>;
    /// The value, a list of objects.
    fn objects(
        &mut self,
        read: &mut dyn FnMut(&mut dyn Access) -> Result<(), Refused>,
    ) -> Result<(), Refused>;
}

/// Something is wrong.
#[derive(Clone, Copy, Debug)]
struct Refused;

impl<'de, A: MapAccess<'de>> Access for A {
    fn next_of(&mut self, names: &[&str]) -> Result<Option<usize>, Refused> {
        self.next_key_seed(Word(names)).map_err(|_wrong| Refused)
    }

    fn next_name(
        &mut self,
        take: &mut dyn FnMut(&str) -> Result<(), Refused>,
    ) -> Result<bool, Refused> {
        let read = self.next_key_seed(Text(take)).map_err(|_wrong| Refused)?;
        Ok(read.is_some())
    }

    fn text(&mut self, take: &mut dyn FnMut(&str) -> Result<(), Refused>) -> Result<(), Refused> {
        self.next_value_seed(Text(take)).map_err(|_wrong| Refused)
    }

    fn texts(
        &mut self,
        take: &mut dyn FnMut(&str) -> Result<(), Refused>,
    ) -> Result<usize, Refused> {
        self.next_value_seed(TextOrList(take)).map_err(|_wrong| Refused)
    }

    fn object(
        &mut self,
        read: &mut dyn FnMut(&mut dyn Access) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        self.next_value_seed(Members(read)).map_err(|_wrong| Refused)
    }

    fn objects(
        &mut self,
        read: &mut dyn FnMut(&mut dyn Access) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        self.next_value_seed(Items(read)).map_err(|_wrong| Refused)
    }
}

fn refused<E: Error>(_refused: Refused) -> E {
    E::custom("refused")
}

/// A document in the making.
struct Draft {
    document: Document,
}

/// The members of a statement that have been read.
#[derive(Default)]
struct Parts {
    sid: Option<Span>,
    effect: Option<Effect>,
    actions: Option<(Sense, Range)>,
    resources: Option<(Sense, Range)>,
    principals: Option<Principals>,
    clauses: Option<Range>,
    seen: u8,
}

const STATEMENT: [&str; 8] =
    ["Effect", "Action", "Resource", "Condition", "Principal", "NotAction", "NotResource", "Sid"];

impl Draft {
    fn new(kind: DocumentKind, text_bytes: usize) -> Self {
        Self {
            document: Document {
                file: Box::from(""),
                kind,
                texts: Texts::with_room_for(text_bytes),
                statements: Vec::new(),
                actions: Vec::new(),
                resources: Vec::new(),
                principals: Vec::new(),
                clauses: Vec::new(),
                values: Vec::new(),
            },
        }
    }

    fn finish(self, oidc: OidcRule, text: &str, file: &str) -> Option<Document> {
        let mut document = self.document;
        let lines = lines_of_items(text);
        if lines.len() != document.statements.len() {
            return None;
        }
        for (statement, line) in document.statements.iter_mut().zip(lines) {
            statement.line = line;
        }
        if document.kind == DocumentKind::Trust && !rules::trust_is_narrow(&document, oidc) {
            return None;
        }
        document.file = file.into();
        document.texts.close();
        document.statements.shrink_to_fit();
        document.actions.shrink_to_fit();
        document.resources.shrink_to_fit();
        document.clauses.shrink_to_fit();
        document.values.shrink_to_fit();
        Some(document)
    }

    fn document(&mut self, members: &mut dyn Access) -> Result<(), Refused> {
        let (mut version, mut statements) = (false, false);
        while let Some(member) = members.next_of(&["Version", "Statement"])? {
            let seen = if member == 0 { &mut version } else { &mut statements };
            if std::mem::replace(seen, true) {
                return Err(Refused);
            }
            match member {
                0 => members.text(&mut |text| accept(text == "1"))?,
                _ => members.objects(&mut |members| self.statement(members))?,
            }
        }
        accept(version && !self.document.statements.is_empty())
    }

    fn statement(&mut self, members: &mut dyn Access) -> Result<(), Refused> {
        let mut parts = Parts::default();
        while let Some(member) = members.next_of(&STATEMENT)? {
            let bit = 1_u8 << member;
            accept(parts.seen & bit == 0)?;
            parts.seen |= bit;
            self.member(member, &mut parts, members)?;
        }
        let statement = Statement {
            line: 0,
            sid: parts.sid,
            effect: parts.effect.ok_or(Refused)?,
            actions: parts.actions.ok_or(Refused)?,
            resources: parts.resources,
            principals: parts.principals,
            clauses: parts.clauses.unwrap_or_default(),
        };
        self.check(&statement)?;
        self.document.statements.push(statement);
        Ok(())
    }

    fn member(
        &mut self,
        member: usize,
        parts: &mut Parts,
        members: &mut dyn Access,
    ) -> Result<(), Refused> {
        match STATEMENT.get(member).copied().unwrap_or_default() {
            "Effect" => members.text(&mut |text| {
                parts.effect = Some(match text {
                    "Allow" => Effect::Allow,
                    "Deny" => Effect::Deny,
                    _ => return Err(Refused),
                });
                Ok(())
            }),
            "Sid" => members.text(&mut |text| {
                parts.sid = Some(self.document.texts.keep(text));
                Ok(())
            }),
            "Action" => self.actions(Sense::Named, parts, members),
            "NotAction" => self.actions(Sense::AllBut, parts, members),
            "Resource" => self.resources(Sense::Named, parts, members),
            "NotResource" => self.resources(Sense::AllBut, parts, members),
            "Principal" => {
                parts.principals = Some(self.principals(members)?);
                Ok(())
            }
            _ => {
                let start = self.document.clauses.len();
                members.object(&mut |operators| self.operators(operators))?;
                parts.clauses = Some(Range::since(start, &self.document.clauses));
                accept(self.document.clauses.len() > start)
            }
        }
    }

    fn actions(
        &mut self,
        sense: Sense,
        parts: &mut Parts,
        members: &mut dyn Access,
    ) -> Result<(), Refused> {
        let document = &mut self.document;
        let start = document.actions.len();
        members.texts(&mut |text| {
            accept(!text.is_empty() && !rules::has_variable(text))?;
            accept(document.kind != DocumentKind::Trust || rules::is_trust_action(text))?;
            let pattern = ActionPattern::read(text, &mut document.texts);
            document.actions.push(pattern.map_err(|_no_colon| Refused)?);
            Ok(())
        })?;
        accept(document.actions.len() > start)?;
        let range = Range::since(start, &document.actions);
        accept(parts.actions.replace((sense, range)).is_none())
    }

    fn resources(
        &mut self,
        sense: Sense,
        parts: &mut Parts,
        members: &mut dyn Access,
    ) -> Result<(), Refused> {
        let document = &mut self.document;
        let start = document.resources.len();
        members.texts(&mut |text| {
            accept(!text.is_empty() && !rules::has_variable(text))?;
            let pattern = ResourcePattern::read(text, &mut document.texts);
            document.resources.push(pattern.map_err(|_bad| Refused)?);
            Ok(())
        })?;
        accept(document.resources.len() > start)?;
        let range = Range::since(start, &document.resources);
        accept(parts.resources.replace((sense, range)).is_none())
    }

    fn principals(&mut self, members: &mut dyn Access) -> Result<Principals, Refused> {
        let document = &mut self.document;
        let start = document.principals.len();
        let place = match document.kind {
            DocumentKind::Trust => Place::Trust,
            DocumentKind::Resource(PrincipalForm::List) => {
                let count = members.texts(&mut |text| {
                    let entry = PrincipalPattern::read_listed(text, &mut document.texts);
                    document.principals.push(entry.map_err(|_wanted| Refused)?);
                    Ok(())
                })?;
                if count == 0 {
                    let everybody = PrincipalPattern::read_listed("*", &mut document.texts);
                    document.principals.push(everybody.map_err(|_wanted| Refused)?);
                }
                let entries = Range::since(start, &document.principals);
                return Ok(Principals { entries });
            }
            DocumentKind::Resource(_) => Place::Resource,
            DocumentKind::Identity | DocumentKind::Session | DocumentKind::Control => {
                return Err(Refused);
            }
        };
        let mut seen = [false; Under::NAMES.len()];
        members.object(&mut |members| {
            while let Some(member) = members.next_of(&Under::NAMES)? {
                let seen = seen.get_mut(member).ok_or(Refused)?;
                accept(!std::mem::replace(seen, true))?;
                let under = Under::NAMES.get(member).and_then(|name| Under::find(name));
                let under = under.ok_or(Refused)?;
                let count = members.texts(&mut |text| {
                    let entry = PrincipalPattern::read(under, place, text, &mut document.texts);
                    document.principals.push(entry.map_err(|_wanted| Refused)?);
                    Ok(())
                })?;
                accept(count > 0)?;
            }
            Ok(())
        })?;
        accept(document.principals.len() > start)?;
        Ok(Principals { entries: Range::since(start, &document.principals) })
    }

    fn operators(&mut self, operators: &mut dyn Access) -> Result<(), Refused> {
        let mut seen: u32 = 0;
        loop {
            let mut found = None;
            let more = operators.next_name(&mut |name| {
                found = Operator::find_numbered(name);
                accept(found.is_some())
            })?;
            let Some((number, operator)) = found.filter(|_| more) else { return Ok(()) };
            let bit = 1_u32.checked_shl(number).ok_or(Refused)?;
            accept(seen & bit == 0)?;
            seen |= bit;
            let start = self.document.clauses.len();
            operators.object(&mut |keys| self.keys(operator, start, keys))?;
            accept(self.document.clauses.len() > start)?;
        }
    }

    fn keys(
        &mut self,
        operator: &'static Operator,
        start: usize,
        keys: &mut dyn Access,
    ) -> Result<(), Refused> {
        let document = &mut self.document;
        loop {
            let mut key = None;
            let more = keys.next_name(&mut |name| {
                let read = Key::read(name, document.kind, &mut document.texts);
                key = Some(read.map_err(|_misspelt| Refused)?);
                Ok(())
            })?;
            let Some(key) = key.filter(|_| more) else { return Ok(()) };
            let texts = &document.texts;
            let same = |clause: &Clause| texts.get(clause.key.text) == texts.get(key.text);
            accept(!document.clauses.get(start..).unwrap_or_default().iter().any(same))?;
            let first = document.values.len();
            keys.texts(&mut |text| {
                accept(!rules::has_variable(text))?;
                let value = Value::read(operator, text, &mut document.texts);
                document.values.push(value.map_err(|_bad| Refused)?);
                Ok(())
            })?;
            accept(document.values.len() > first)?;
            let values = Range::since(first, &document.values);
            document.clauses.push(Clause { operator, key, values });
        }
    }

    /// The members that the kind of document wants, and those it refuses.
    fn check(&self, statement: &Statement) -> Result<(), Refused> {
        let rules = rules::members(self.document.kind);
        accept(statement.resources.is_some() == rules.resource)?;
        accept(rules.not_action || statement.actions.0 == Sense::Named)?;
        match rules.principal {
            rules::Need::Refused => accept(statement.principals.is_none()),
            rules::Need::Required => accept(statement.principals.is_some()),
            rules::Need::Optional => Ok(()),
        }
    }
}

fn accept(fine: bool) -> Result<(), Refused> {
    if fine { Ok(()) } else { Err(Refused) }
}
