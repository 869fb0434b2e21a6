//! The closed list of operators (section 4.1 of the policy language).

use std::cmp::Ordering;

use crate::strict::nearest;

/// An operator of a `Condition` block.
#[derive(Debug)]
pub(in crate::policy) struct Operator {
    pub(in crate::policy) name: &'static str,
    pub(super) test: Test,
    pub(super) sign: Sign,
}

/// Whether the test is turned round: `Not` in the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy) enum Sign {
    Positive,
    Negated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Equals,
    EqualsIgnoreCase,
    Like,
    Number(Order),
    Date(Order),
    Flag,
    Address(Borders),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    /// Whether the request's value stands like this to the policy's.
    pub(super) fn holds(self, given_to_wanted: Ordering) -> bool {
        match self {
            Self::Equal => given_to_wanted.is_eq(),
            Self::Less => given_to_wanted.is_lt(),
            Self::LessOrEqual => given_to_wanted.is_le(),
            Self::Greater => given_to_wanted.is_gt(),
            Self::GreaterOrEqual => given_to_wanted.is_ge(),
        }
    }
}

/// What becomes of the first and the last address of a block (C-15, C-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Borders {
    Undecided,
    Included,
}

const fn positive(name: &'static str, test: Test) -> Operator {
    Operator { name, test, sign: Sign::Positive }
}

const fn negated(name: &'static str, test: Test) -> Operator {
    Operator { name, test, sign: Sign::Negated }
}

static OPERATORS: [Operator; 23] = [
    positive("StringEquals", Test::Equals),
    negated("StringNotEquals", Test::Equals),
    positive("StringEqualsIgnoreCase", Test::EqualsIgnoreCase),
    negated("StringNotEqualsIgnoreCase", Test::EqualsIgnoreCase),
    positive("StringLike", Test::Like),
    negated("StringNotLike", Test::Like),
    positive("NumericEquals", Test::Number(Order::Equal)),
    negated("NumericNotEquals", Test::Number(Order::Equal)),
    positive("NumericLessThan", Test::Number(Order::Less)),
    positive("NumericLessThanEquals", Test::Number(Order::LessOrEqual)),
    positive("NumericGreaterThan", Test::Number(Order::Greater)),
    positive("NumericGreaterThanEquals", Test::Number(Order::GreaterOrEqual)),
    positive("DateEquals", Test::Date(Order::Equal)),
    negated("DateNotEquals", Test::Date(Order::Equal)),
    positive("DateLessThan", Test::Date(Order::Less)),
    positive("DateLessThanEquals", Test::Date(Order::LessOrEqual)),
    positive("DateGreaterThan", Test::Date(Order::Greater)),
    positive("DateGreaterThanEquals", Test::Date(Order::GreaterOrEqual)),
    positive("Bool", Test::Flag),
    positive("IpAddress", Test::Address(Borders::Undecided)),
    negated("NotIpAddress", Test::Address(Borders::Undecided)),
    positive("IpAddressIncludeBorder", Test::Address(Borders::Included)),
    negated("NotIpAddressIncludeBorder", Test::Address(Borders::Included)),
];

impl Operator {
    /// Finds an operator; letter case counts (V-10).
    pub(in crate::policy) fn find(name: &str) -> Option<&'static Self> {
        OPERATORS.iter().find(|operator| operator.name == name)
    }

    /// Finds an operator and its number, below 32.
    pub(in crate::policy) fn find_numbered(name: &str) -> Option<(u32, &'static Self)> {
        (0..).zip(&OPERATORS).find(|(_, operator)| operator.name == name)
    }

    /// What to write instead of a name that is no operator.
    pub(in crate::policy) fn help_for(name: &str) -> String {
        help_for(name)
    }

    /// Whether its test is turned round.
    pub(in crate::policy) fn sign(&self) -> Sign {
        self.sign
    }

    /// Whether values are addresses of which the first and last of a block stay undecided.
    pub(in crate::policy) fn leaves_borders_undecided(&self) -> bool {
        self.test == Test::Address(Borders::Undecided)
    }
}

fn help_for(name: &str) -> String {
    if name.ends_with("IfExists") || name == "Null" {
        return "RAM has no way to ask whether a key is present: a positive operator is false and a negated \
                one is true when the key is absent"
            .into();
    }
    if name.starts_with("ForAnyValue:") || name.starts_with("ForAllValues:") {
        return "RAM has no set operators; write the operator alone".into();
    }
    if name.starts_with("Arn") {
        return "RAM has no ARN operators; `StringEquals` and `StringLike` compare ARNs as text"
            .into();
    }
    let names = OPERATORS.each_ref().map(|operator| operator.name);
    match nearest(name, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("operators are {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negated_operators_are_those_with_not_in_their_name() {
        for operator in &OPERATORS {
            assert_eq!(operator.sign == Sign::Negated, operator.name.contains("Not"));
            if operator.sign == Sign::Negated {
                let partner = Operator::find(&operator.name.replace("Not", "")).unwrap();
                assert_eq!(partner.test, operator.test, "{}", operator.name);
            }
        }
    }

    #[test]
    fn unknown_operators_get_help() {
        let cases = [
            ("BoolIfExists", "absent"),
            ("Null", "absent"),
            ("ForAnyValue:StringLike", "alone"),
            ("ArnLike", "as text"),
            ("stringEquals", "`StringEquals`"),
            ("IPAddress", "`IpAddress`"),
            ("StringLikes", "`StringLike`"),
            ("Zzzzzzzzzzzz", "operators are StringEquals, "),
        ];
        for (name, expected) in cases {
            assert!(Operator::find(name).is_none());
            let help = help_for(name);
            assert!(help.contains(expected), "{name}: {help}");
        }
    }
}
