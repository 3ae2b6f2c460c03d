//! A line to tokens.

use super::{AsmError, AsmErrorKind, Place};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Letters, digits, `_`, `.` and `$`, not beginning with a digit.
    Word(&'a str),
    /// Decimal or `0x`, without sign.
    Number(i128),
    /// An operator or bracket.
    Sign(&'a str),
}

/// Longest first where one begins another.
const SIGNS: [&str; 31] = [
    "<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "==", "!=", ">=", "<=", "=", ">", "<", "(", ")", "[",
    "]", "*", "+", "-", "&", "|", "^", "/", "%", ",", ":",
];

pub(super) fn lex(line: u32, text: &str) -> Result<Vec<(Token<'_>, Place)>, AsmError> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let rest = &text[at..];
        if rest.is_empty() || rest.starts_with([';', '#']) || rest.starts_with("//") {
            return Ok(out);
        }
        let place = Place { line, column: text[..at].chars().count() as u32 + 1 };
        let (token, len) = token(rest).ok_or_else(|| {
            let found = format!("`{}`", rest.split_whitespace().next().unwrap_or_default());
            place.error(AsmErrorKind::Expected { want: "a word, a number or an operator", found })
        })?;
        out.push((token, place));
        at += len;
    }
}

fn token(rest: &str) -> Option<(Token<'_>, usize)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        return Some((Token::Number(number(&rest[..len])?), len));
    }
    if len > 0 {
        return Some((Token::Word(&rest[..len]), len));
    }
    if rest.starts_with('@') {
        return Some((Token::Sign("@"), 1));
    }
    SIGNS.iter().find(|sign| rest.starts_with(**sign)).map(|sign| (Token::Sign(sign), sign.len()))
}

/// At most 64 bits.
fn number(text: &str) -> Option<i128> {
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    value.ok().map(i128::from)
}
