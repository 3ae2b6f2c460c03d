//! Text of plugins in a page. Names and lines come from whoever wrote the object: none of them may become markup or script,
//! or show text in another order than it has.

use serde_json::Value;

/// Text for an element or a quoted attribute.
pub(super) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => push_visible(&mut out, c),
        }
    }
    out
}

/// A document for a `<script type="application/json">`: no `<` is left that could end it.
pub(super) fn json(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            // Outside of strings JSON has none of these.
            '<' | '>' | '&' | '\'' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            _ => out.push(c),
        }
    }
    out
}

/// Text without characters that cannot be seen or that turn the text around: their code stands in their place.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_visible(&mut out, c));
    out
}

fn push_visible(out: &mut String, c: char) {
    let hidden = match c {
        '\n' | '\t' => false,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => true,
        _ => c.is_control(),
    };
    if hidden {
        out.push_str(&format!("[U+{:04X}]", c as u32));
    } else {
        out.push(c);
    }
}

/// The first `max` characters.
pub(super) fn clip(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(max.saturating_sub(1)).collect();
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(html("<b a=\"'&\">"), "&lt;b a=&quot;&#39;&amp;&quot;&gt;");
        assert_eq!(html("a\u{202e}b\u{0}"), "a[U+202E]b[U+0000]");
        let text = json(&Value::from("</script><!--'\u{2028}"));
        assert!(!text.contains(['<', '>', '\'', '\u{2028}']), "{text}");
        let back: Value = serde_json::from_str(&text).expect("still JSON");
        assert_eq!(back, Value::from("</script><!--'\u{2028}"));
        assert_eq!(clip("abcdef", 4), "abc…");
    }
}
