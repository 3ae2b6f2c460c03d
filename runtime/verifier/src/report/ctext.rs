//! What a line of C says, as far as a report needs it: names and arguments. Guesses, by the look of the text.

/// The variable that a line assigns what is made at a column to: `i` of `int k = 1, i = f();` at the call. Nothing where
/// the column is inside of a call's parentheses: it is an argument. Without a column, the first assignment counts.
pub(super) fn assigned(line: &str, column: Option<u32>) -> Option<&str> {
    let until = column.map_or(line.len(), |c| (c as usize).saturating_sub(1).min(line.len()));
    let at = assignments(line).into_iter().take_while(|&at| at <= until || column.is_none());
    let at = if column.is_some() { at.last()? } else { at.into_iter().next()? };
    if column.is_some() && in_call(line.get(at..until)?) {
        return None;
    }
    let left = line[..at].trim_end().trim_end_matches(['+', '-', '*', '/', '|', '&', '^', '<', '>', '%']).trim_end();
    let name = last_place(left);
    (!name.is_empty()).then_some(name)
}

/// Whether a text ends inside of the parentheses of a call.
fn in_call(text: &str) -> bool {
    let mut calls = Vec::new();
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '(' => calls.push(before.is_alphanumeric() || before == '_'),
            ')' => {
                calls.pop();
            }
            _ => {}
        }
        before = c;
    }
    calls.contains(&true)
}

/// Byte offsets of every `=` that is an assignment, outside of parentheses. A line that compares first has none.
fn assignments(line: &str) -> Vec<usize> {
    let bytes = line.as_bytes();
    let mut depth = 0i32;
    let mut out = Vec::new();
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'"' => break,
            b'=' if depth == 0 => {
                let before = at.checked_sub(1).map(|i| bytes[i]);
                let compares = bytes.get(at + 1) == Some(&b'=') || matches!(before, Some(b'=' | b'!'));
                let shifted = at >= 2 && matches!(&bytes[at - 2..at], b"<<" | b">>");
                if compares || (!shifted && matches!(before, Some(b'<' | b'>'))) {
                    break;
                }
                out.push(at);
            }
            _ => {}
        }
    }
    out
}

/// The place at the end of a declaration or expression: `v` of `struct x *v`, `e->len` of `e->len`.
fn last_place(text: &str) -> &str {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '>');
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        let arrow = c == '-' && text[at..].starts_with("->");
        if !part(c) && !arrow {
            break;
        }
        start = at;
    }
    let place = text[start..].trim_start_matches('>');
    // A member of something in parentheses has no name that can be written here.
    if place.starts_with(['-', '.']) { "" } else { place }
}

/// The variable or member that the expression at a column is: `ctx->len`, and not `f(x)`.
pub(super) fn place(line: &str, column: Option<u32>) -> Option<&str> {
    let text = line.get(span(line, Some(column?)))?;
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '>' | '[' | ']' | '*');
    (text.chars().all(part) && !is_number(text) && !KEYWORDS.contains(&text)).then_some(text)
}

/// The variable that is counted up or down at a column: `i` of `i++` and of `--i`.
pub(super) fn stepped(line: &str, column: Option<u32>) -> Option<&str> {
    let at = (column? as usize).checked_sub(1)?;
    // clang points at the operator or at the variable.
    let from = line.get(..at)?.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |i| i + 1);
    let text = line.get(from..)?;
    let prefix = text.strip_prefix("++").or_else(|| text.strip_prefix("--"));
    let name = prefix.unwrap_or(text);
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    let after = &name[end..];
    let steps = prefix.is_some() || after.starts_with("++") || after.starts_with("--");
    (steps && end > 0 && !is_number(name)).then(|| &name[..end])
}

/// The variable that a `for` on this line counts: `i` of `for (int i = 0; i < n; i += 2)`.
pub(super) fn counter(line: &str) -> Option<&str> {
    let (_, step) = line.trim_start().strip_prefix("for (")?.rsplit_once(';')?;
    let step = step.trim_start().trim_start_matches(['+', '-']);
    let end = step.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(step.len());
    (end > 0 && !is_number(step)).then(|| &step[..end])
}

/// Text that a comparison may follow: in parentheses where it has operators.
pub(super) fn operand(text: &str) -> String {
    if text.contains([' ', '&', '+', '*']) { format!("({text})") } else { text.to_owned() }
}

/// Whether a line has a word in it.
pub(super) fn mentions(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.split(|c: char| !part(c)).any(|w| w == word)
}

/// The arguments of the first call of `function` on a line: `["buf", "len + 1"]` of `f(buf, len + 1)`. `None` where
/// the call does not end on the line.
pub(super) fn arguments<'a>(line: &'a str, function: &str) -> Option<Vec<&'a str>> {
    let name = line.find(function)?;
    let open = line[name..].find('(')? + name;
    let mut out = Vec::new();
    let (mut depth, mut from) = (0, open + 1);
    for (at, c) in line.char_indices().skip_while(|&(at, _)| at < open) {
        match c {
            '(' | '[' | '{' => depth += 1,
            ',' if depth == 1 => {
                out.push(line[from..at].trim());
                from = at + 1;
            }
            ')' | ']' | '}' => {
                depth -= 1;
                if depth == 0 {
                    out.push(line[from..at].trim());
                    return Some(out);
                }
            }
            _ => {}
        }
    }
    None
}

/// The expression in the first pair of brackets: `i` of `v->data[i] = 1;`. Only what can be written twice: no calls, no
/// side effects.
pub(super) fn index(line: &str) -> Option<&str> {
    let open = line.find('[')?;
    let mut depth = 0;
    let close = line[open..].char_indices().find(|&(_, c)| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        depth == 0
    })?;
    let inner = line[open + 1..open + close.0].trim();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '>' | '-' | '+' | '*' | '&' | ' ' | '[' | ']');
    let steps = inner.contains("++") || inner.contains("--");
    let number = is_number(inner) && inner.chars().all(char::is_alphanumeric);
    (!inner.is_empty() && inner.chars().all(plain) && !steps && !number).then_some(inner)
}

/// The place in a place plus or minus a number: `i` of `i + 2`, `v->n` of `v->n - 1`; `None` for anything else.
pub(super) fn without_constant(text: &str) -> Option<&str> {
    let (place, number) = text.rsplit_once(" + ").or_else(|| text.rsplit_once(" - "))?;
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '>' | '[' | ']');
    let plain = !place.is_empty() && place.chars().all(part) && !is_number(place);
    (plain && is_number(number.trim()) && number.trim().chars().all(char::is_alphanumeric)).then_some(place)
}

/// Whether a line is nothing but the end of a block.
pub(super) fn closes(line: &str) -> bool {
    line.trim_start().starts_with('}')
}

/// One past what an access at a column needs of what its pointer points to, as C says it: `ip + 1` for `ip->ttl`,
/// `data + 13 + 1` for `data[13]`, `p + 1` for `*p`.
pub(super) fn element_end(line: &str, column: Option<u32>) -> Option<String> {
    let text = line.get(span(line, Some(column?)))?;
    // Of an assignment, the side that is stored to.
    let text = text.split(" = ").next()?.trim();
    let name_end = |t: &str| t.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(t.len());
    if let Some(rest) = text.strip_prefix('*') {
        let all = !rest.is_empty() && name_end(rest) == rest.len();
        return all.then(|| format!("{rest} + 1"));
    }
    let (name, rest) = text.split_at(name_end(text));
    if name.is_empty() || is_number(name) || KEYWORDS.contains(&name) {
        return None;
    }
    if rest.starts_with("->") {
        return Some(format!("{name} + 1"));
    }
    let inner = rest.strip_prefix('[')?.strip_suffix(']')?.trim();
    match inner.parse::<u64>() {
        Ok(n) => Some(format!("{name} + {}", n.checked_add(1)?)),
        Err(_) => Some(format!("{name} + {} + 1", index(rest)?)),
    }
}

/// The pointer that an access at this column goes through: `v` of `*v += 1` and of `v->hits++`.
pub(super) fn pointer(line: &str, column: u32) -> Option<&str> {
    let at = (column as usize).checked_sub(1)?;
    let from = if assigns(line.get(at..)?) { 0 } else { start_of_place(line, at) };
    let rest = line.get(from..)?;
    let rest = rest.trim_start_matches(|c: char| matches!(c, '*' | '(' | '+' | '-' | '!' | '&') || c.is_whitespace());
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let name = &rest[..end];
    // A call, or a macro that hides what it does.
    if rest[end..].starts_with('(') {
        return None;
    }
    (!name.is_empty() && !is_number(name) && !KEYWORDS.contains(&name)).then_some(name)
}

const KEYWORDS: [&str; 10] = ["return", "if", "for", "while", "switch", "struct", "else", "sizeof", "asm", "volatile"];

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// The names of a function's parameters, from its first line: `["data", "len"]` of `int f(void *data, __u64 len)`.
pub(super) fn parameters(line: &str) -> Vec<&str> {
    // The first line of a function that was inlined is a statement.
    if line.contains(';') {
        return Vec::new();
    }
    let Some(open) = line.find('(') else { return Vec::new() };
    let inner = line[open + 1..].trim_end_matches(|c: char| matches!(c, '{' | ')') || c.is_whitespace());
    inner.split(',').map(|p| last_place(p.trim())).collect()
}

/// The part of a line that begins at a column (from 1) and reads as one expression, in bytes. The whole line, without
/// the blanks around it, where the column is not known.
pub(super) fn span(line: &str, column: Option<u32>) -> std::ops::Range<usize> {
    let whole = line.len() - line.trim_start().len()..line.trim_end().len();
    let Some(from) = column.and_then(|c| (c as usize).checked_sub(1)).filter(|c| whole.contains(c)) else {
        return if whole.is_empty() { 0..line.len() } else { whole };
    };
    let from = start_of_place(line, from);
    let Some(rest) = line.get(from..).filter(|rest| !assigns(rest)) else {
        return whole.start..whole.start + line[whole.clone()].trim_end_matches(';').len();
    };
    from..from + expression(rest)
}

/// Whether a text begins with an assignment's operator: clang points there for what is stored.
fn assigns(text: &str) -> bool {
    let operator = text.trim_start_matches(['+', '-', '*', '/', '%', '&', '|', '^', '<', '>']);
    text.len() - operator.len() <= 2 && operator.starts_with('=') && !operator.starts_with("==")
}

/// Where the expression begins whose member is at an offset: clang points at `x` of `v->x`.
fn start_of_place(line: &str, at: usize) -> usize {
    let Some(before) = line.get(..at) else { return at };
    let Some(owner) = before.strip_suffix("->").or_else(|| before.strip_suffix('.')) else { return at };
    let word = owner.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '[' | ']'));
    if word.len() == owner.len() { at } else { start_of_place(line, word.len()) }
}

/// Bytes of the expression that a text begins with: prefix operators, a name, then members, indices and one call.
fn expression(text: &str) -> usize {
    let prefix = text.len() - text.trim_start_matches(['*', '&', '!', '-', '+', '~']).len();
    let mut at = prefix;
    loop {
        let rest = &text[at..];
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if word > 0 {
            at += word;
        } else if rest.starts_with("->") {
            at += 2;
        } else if rest.starts_with('.') {
            at += 1;
        } else if rest.starts_with(['(', '[']) {
            match closing(rest) {
                Some(len) => at += len,
                None => return text.trim_end().len(),
            }
        } else if at > prefix {
            return at;
        } else {
            // An operator in the middle of an expression: clang points there too.
            let end = text.find(';').unwrap_or(text.len());
            return text[..end].trim_end().len().max(1);
        }
    }
}

/// Bytes up to the parenthesis that closes the first one.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_name_their_left_side() {
        for (line, name) in [
            ("    __u64 *v = bpf_map_lookup_elem(&m, &k);", Some("v")),
            ("v=f();", Some("v")),
            ("e->len = x;", Some("e->len")),
            ("sum += v[i];", Some("sum")),
            ("x <<= 3;", Some("x")),
            ("if (a == b)", None),
            ("if (a <= b)", None),
            ("a <= b;", None),
            ("return f(x);", None),
            ("for (int i = 0; i < n; i++)", None),
        ] {
            assert_eq!(assigned(line, None), name, "{line}");
        }
    }

    #[test]
    fn columns_tell_declarations_and_arguments_apart() {
        let line = "    __u32 key = 1, i = f(g->x);";
        assert_eq!(assigned(line, Some(24)), Some("i"));
        assert_eq!(assigned(line, Some(17)), Some("key"));
        assert_eq!(assigned(line, Some(26)), None);
        assert_eq!(assigned("  x = (void *)(long)c->d;", Some(23)), Some("x"));
        assert_eq!(place("  x = f(a->b);", Some(12)), Some("a->b"));
        assert_eq!(place("  return f(x);", Some(10)), None);
        assert!(mentions("if (!v)", "v") && !mentions("if (!value)", "v"));
    }

    #[test]
    fn calls_give_their_arguments() {
        let line = "  r = bpf_map_update_elem(&m, &k[f(1, 2)], (void *)&v, BPF_ANY);";
        assert_eq!(arguments(line, "bpf_map_update_elem").unwrap(), ["&m", "&k[f(1, 2)]", "(void *)&v", "BPF_ANY"]);
        assert_eq!(arguments("f(a,", "f"), None);
        assert_eq!(arguments("g(a)", "f"), None);
    }

    #[test]
    fn places_are_found_by_column() {
        assert_eq!(pointer("    *v += 1;", 8), Some("v"));
        assert_eq!(pointer("    return v->x;", 15), Some("v"));
        assert_eq!(pointer("    return v->x;", 12), Some("v"));
        assert_eq!(pointer("    return a.b[i]->x;", 20), Some("a"));
        assert_eq!(pointer("    return v->x;", 5), None);
        assert_eq!(index("  v->data[i] = 1;"), Some("i"));
        assert_eq!(index("  v->data[3] = 1;"), None);
        assert_eq!(index("  v->data[v->n[2] - 1] = 1;"), Some("v->n[2] - 1"));
        assert_eq!(index("  v->data[i++] = 1;"), None);
        assert_eq!(element_end("  return ip->ttl;", Some(14)), Some("ip + 1".to_owned()));
        assert_eq!(element_end("  return data[13] == 0;", Some(10)), Some("data + 14".to_owned()));
        assert_eq!(element_end("  return data[i] == 0;", Some(10)), Some("data + i + 1".to_owned()));
        assert_eq!(element_end("  return *p;", Some(10)), Some("p + 1".to_owned()));
        assert_eq!(element_end("  return f(x);", Some(10)), None);
        assert_eq!(stepped("for (int i = 0; i < n; i++)", Some(24)), Some("i"));
        assert_eq!(stepped("for (int i = 0; i < n; i++)", Some(25)), Some("i"));
        assert_eq!(stepped("for (int i = 0; i < n; ++i)", Some(24)), Some("i"));
        assert_eq!(stepped("for (int i = 0; i < n; i++)", Some(17)), None);
        assert_eq!(counter("    for (int i = 0; i < n; i += 2)"), Some("i"));
        assert_eq!(counter("    for (i = 0; i < n; ++i) {"), Some("i"));
        assert_eq!(counter("    for (;;)"), None);
        let stripped = ["i + 2", "v->n - 1", "i + j", "i & 3", "2 + i"].map(without_constant);
        assert_eq!(stripped, [Some("i"), Some("v->n"), None, None, None]);
        assert_eq!((operand("i"), operand("i & 31")), ("i".to_owned(), "(i & 31)".to_owned()));
        assert_eq!(parameters("int prog(void *data, __u64 len)"), ["data", "len"]);
    }

    #[test]
    fn spans_are_expressions() {
        let at = |line: &'static str, column| &line[span(line, Some(column))];
        assert_eq!(at("    *v += 1;", 5), "*v");
        assert_eq!(at("    v->data[i] = 1;", 5), "v->data[i]");
        assert_eq!(at("    v->data[i] = 1;", 8), "v->data[i]");
        assert_eq!(at("  x = f(a, g(b));", 7), "f(a, g(b))");
        assert_eq!(at("  x = f(a, g(b));", 5), "x = f(a, g(b))");
        assert_eq!(at("  *v += 1;", 6), "*v += 1");
        assert_eq!(at("  x = f(a,", 7), "f(a,");
        assert_eq!(at("  x = 1;", 99), "x = 1;");
        assert_eq!(&"  x = 1;"[span("  x = 1;", None)], "x = 1;");
        assert_eq!(span("", Some(3)), 0..0);
    }
}
