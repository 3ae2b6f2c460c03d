//! The one table of rejections: stable code, short name, class, title. Codes are never renumbered or reused.

use crate::error::Class;

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Stable code: `stingless::E0012`.
    pub code: &'static str,
    /// Short stable name, `kind` in JSON.
    pub name: &'static str,
    /// Class.
    pub class: Class,
    /// One sentence that says what is wrong, without the particulars.
    pub title: &'static str,
}

/// One section per code.
const EXPLAIN: &str = include_str!("explain.md");

/// Two lines per code: what is refused for it, and what is accepted instead. A word behind the code says into which program
/// the tests of the command line put them (`body` if there is none): each is compiled and judged.
const EXAMPLES: &str = include_str!("examples.md");

/// The section of a code in a text of sections.
fn section(text: &'static str, code: &str) -> &'static str {
    let number = code.rsplit("::").next().unwrap_or_default().trim_start_matches('E');
    let mut sections = text.split("# E").skip(1).filter_map(|s| s.split_once('\n'));
    sections.find(|(n, _)| n.split(' ').next() == Some(number)).map_or("", |(_, text)| text.trim())
}

macro_rules! kinds {
    ($($number:literal $variant:ident $name:literal $class:ident $title:literal;)*) => {
        /// Every reason for which a program is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Kind { $(#[doc = concat!($number, ": ", $title, ".")] $variant,)* }

        /// In order of the code.
        const ROWS: &[(Kind, Row)] = &[$((Kind::$variant, Row {
            code: concat!("stingless::", $number),
            name: $name,
            class: Class::$class,
            title: $title,
        }),)*];
    };
}

kinds! {
    // Encoding and control flow.
    "E0001" UnreachableCode "unreachable-code" Encoding "no path leads to an instruction";
    "E0002" Recursion "recursion" Encoding "a function calls itself, directly or through others";
    "E0003" FramePointerWrite "frame-pointer-write" Encoding "the frame pointer r10 is written";
    "E0004" Unsupported "unsupported-instruction" Encoding "an instruction that plugins may not use";
    "E0005" ProgramTooLarge "program-too-large" Encoding "the program has more instructions than the limit";
    // Values never set.
    "E0010" UninitRegister "uninit-register" Uninit "a register is read that was never set on this path";
    "E0011" UninitStack "uninit-stack" Uninit "stack bytes are read that were never written on this path";
    "E0012" NoReturnValue "no-return-value" Uninit "the program can end without a return value";
    // NULL.
    "E0020" NullDeref "null-deref" Null "memory is accessed through a pointer that may be NULL";
    "E0021" NullArgument "null-argument" Null "a pointer that may be NULL is passed where none is allowed";
    "E0022" NullArithmetic "null-arithmetic" Null "arithmetic on a pointer that may be NULL";
    // Bounds.
    "E0030" MapValueBounds "map-value-bounds" Bounds "an access may leave the map value";
    "E0031" PacketBounds "packet-bounds" Bounds "an access may leave the data between start and end";
    "E0032" MemBounds "mem-bounds" Bounds "an access may leave the memory region";
    "E0033" StackBounds "stack-bounds" Bounds "an access may leave the stack frame";
    "E0034" Misaligned "misaligned" Bounds "an access is not aligned as the memory demands";
    "E0035" UnboundedOffset "unbounded-offset" Bounds "an offset into memory has no bound";
    "E0036" UnboundedLength "unbounded-length" Bounds "a length given to a helper has no bound or may be negative";
    "E0037" SpecialField "special-field" Bounds "plain access to a field that only helpers may touch";
    // Types.
    "E0040" NotAPointer "not-a-pointer" Type "memory is accessed through a number";
    "E0041" WrongPointer "wrong-pointer" Type "a pointer of this kind does not allow the operation";
    "E0042" MixedPointers "mixed-pointers" Type "one instruction works on pointers of kinds that do not mix";
    "E0043" ReturnRange "return-range" Type "the return value is outside of the range that the hook allows";
    "E0044" ReadOnly "read-only" Type "memory is written that may only be read";
    "E0045" CallbackReturn "callback-return" Type "a callback returns a value outside of its range";
    // Pointer arithmetic and leaks.
    "E0050" PointerArithmetic "pointer-arithmetic" Provenance "arithmetic that pointers do not allow";
    "E0051" PointerLeak "pointer-leak" Provenance "a pointer's address would leave the program";
    "E0052" PointerCompare "pointer-compare" Provenance "a pointer is compared with something it may not be compared with";
    "E0053" PointerOffset "pointer-offset" Provenance "the constant added to a pointer is too large";
    // References.
    "E0060" ReferenceLeak "reference-leak" Reference "a reference is not released on every path";
    "E0061" ReferenceReleased "reference-released" Reference "a reference is used or released after its release";
    "E0062" ReferenceWrong "reference-wrong" Reference "a helper that releases is given something that was not acquired";
    // Arguments of helpers and functions.
    "E0070" HelperArg "helper-arg" HelperArg "an argument does not fit the helper's prototype";
    "E0071" HelperConst "helper-const" HelperArg "an argument must be a constant known to the verifier";
    "E0072" FunctionArg "function-arg" HelperArg "an argument does not fit the global function's type";
    "E0073" MapKindArg "map-kind" HelperArg "a map of this kind does not fit the helper";
    // Context.
    "E0080" CtxAccess "ctx-access" Ctx "no field of the context fits the access";
    "E0081" CtxDenied "ctx-denied" Ctx "the context's field does not allow the access";
    "E0082" CtxModified "ctx-modified" Ctx "the context pointer was modified before its use";
    // Packets.
    "E0090" PacketStale "packet-stale" PacketStale "a pointer into data that a helper may have moved";
    // Stack.
    "E0100" StackTooDeep "stack-too-deep" Stack "the stack of a call chain exceeds the limit";
    "E0101" TooManyFrames "too-many-frames" Stack "a call chain has more frames than the limit";
    "E0102" SpillMisaligned "spill-misaligned" Stack "a pointer is spilled to the stack other than in 8 aligned bytes";
    "E0103" SpillCorrupted "spill-corrupted" Stack "a spilled pointer is read or overwritten in part";
    "E0104" StackVariable "stack-variable" Stack "a variable offset into the stack is not allowed here";
    "E0105" TailCallStack "tail-call-stack" Stack "tail calls and deep stacks of subprograms do not mix";
    "E0106" StackMisaligned "stack-misaligned" Stack "an access to the stack is not aligned to its size";
    // Loops and budgets.
    "E0110" InfiniteLoop "infinite-loop" LoopOrBudget "a loop comes back to the state it started from";
    "E0111" Budget "budget" LoopOrBudget "the program is too complex to verify within the limit";
    "E0112" MemoryBudget "memory-budget" LoopOrBudget "the verification takes more memory than the limit";
    // Locks.
    "E0120" LockHeld "lock-held" Lock "an operation that is not allowed while a lock is held";
    "E0121" LockMissing "lock-missing" Lock "a lock is given back that is not held";
    "E0122" LockArg "lock-arg" Lock "a lock helper is not given a lock";
    "E0123" SectionOpen "section-open" Lock "a section is entered twice, or not left before the program ends";
    "E0124" SectionMissing "section-missing" Lock "a section is left that the program is not in";
    // Iterators and dynptrs.
    "E0130" DynptrState "dynptr-state" IteratorDynptr "a dynptr is not in the state that the helper needs";
    "E0131" IteratorState "iterator-state" IteratorDynptr "an iterator is not in the state that the helper needs";
    // Environment.
    "E0140" UnknownHelper "unknown-helper" Env "the host knows no such helper";
    "E0141" HelperNotAllowed "helper-not-allowed" Env "the hook does not allow the helper";
    "E0142" GplOnly "gpl-only" Env "the helper is for GPL-compatible programs only";
    "E0143" Unresolved "unresolved" Env "a reference that could not be resolved is reached";
    "E0144" TooManyMaps "too-many-maps" Env "the program uses more maps than the limit";
    "E0145" UnsupportedFunction "unsupported-function" Env "a global function's argument has a type that cannot be checked";
    // Ours.
    "E0999" Bug "bug" Other "the verifier contradicts itself: please report it";
}

impl Kind {
    /// The kind's row.
    #[must_use]
    pub fn row(self) -> &'static Row {
        // Every variant has its row at its own position: both come from one macro.
        &ROWS[self as usize].1
    }

    /// What it means, with an example, for `--explain`: a few paragraphs, code indented by four.
    #[must_use]
    pub fn explain(self) -> &'static str {
        section(EXPLAIN, self.row().code)
    }

    /// A line that is refused with this code, and one that is accepted in its place. They leave out what does not
    /// matter, and are judged in programs that have it.
    #[must_use]
    pub fn examples(self) -> (&'static str, &'static str) {
        let (bad, good) = section(EXAMPLES, self.row().code).split_once('\n').unwrap_or_default();
        (bad.trim(), good.trim())
    }

    /// Every kind in order of its code.
    pub fn all() -> impl Iterator<Item = Kind> {
        ROWS.iter().map(|r| r.0)
    }

    /// The kind with this code, written `stingless::E0012`, `E0012` or `e0012`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Kind> {
        let code = code.rsplit("::").next().unwrap_or(code);
        let bare = |row: &Row| row.code.rsplit("::").next().is_some_and(|c| c.eq_ignore_ascii_case(code));
        ROWS.iter().find(|(_, row)| bare(row)).map(|r| r.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn rows_are_unique_sorted_and_found_again() {
        let codes: Vec<&str> = ROWS.iter().map(|r| r.1.code).collect();
        assert!(codes.is_sorted());
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), ROWS.len());
        assert_eq!(ROWS.iter().map(|r| r.1.name).collect::<BTreeSet<_>>().len(), ROWS.len());
        for kind in Kind::all() {
            assert_eq!(Kind::from_code(kind.row().code), Some(kind));
            assert_eq!(ROWS[kind as usize].0, kind);
        }
        assert_eq!(EXPLAIN.matches("# E").count(), ROWS.len());
        assert_eq!(EXAMPLES.matches("# E").count(), ROWS.len());
        for kind in Kind::all() {
            assert!(kind.explain().len() > 60, "{} is not explained", kind.row().code);
            assert!(!kind.explain().contains("# E"));
            let (bad, good) = kind.examples();
            assert!(!bad.is_empty() && !good.is_empty() && !good.contains('\n'), "{}: no examples", kind.row().code);
        }
        assert_eq!(Kind::from_code("e0020"), Some(Kind::NullDeref));
        assert_eq!(Kind::from_code("E9998"), None);
    }
}
