//! Faults that a test build switches on one by one: each breaks one rule as a fixed bug of Linux's verifier did. Whoever
//! seeds them sees which tests would have caught it. Without the feature `seeded-bugs` nothing of this is compiled in.

/// Whether a fault is on: a constant `false` without the feature.
macro_rules! fault {
    ($number:literal) => {
        crate::faults::is_on($number)
    };
}

#[cfg(not(feature = "seeded-bugs"))]
pub(crate) const fn is_on(_: u32) -> bool {
    false
}

#[cfg(feature = "seeded-bugs")]
pub(crate) use seeded::is_on;
#[cfg(feature = "seeded-bugs")]
pub use seeded::{FAULTS, Fault, seed};

#[cfg(feature = "seeded-bugs")]
mod seeded {
    use std::sync::atomic::{AtomicU32, Ordering};

    static ON: AtomicU32 = AtomicU32::new(0);

    pub(crate) fn is_on(number: u32) -> bool {
        ON.load(Ordering::Relaxed) == number
    }

    /// Switches one fault on, and any other off; 0 for none.
    pub fn seed(number: u32) {
        ON.store(number, Ordering::Relaxed);
    }

    /// One fault.
    #[derive(Clone, Copy, Debug)]
    pub struct Fault {
        /// Its number.
        pub number: u32,
        /// The published bug that it is modelled on.
        pub model: &'static str,
        /// What is broken.
        pub broken: &'static str,
    }

    const fn fault(number: u32, model: &'static str, broken: &'static str) -> Fault {
        Fault { number, model, broken }
    }

    /// All faults.
    pub const FAULTS: &[Fault] = &[
        fault(1, "CVE-2017-16995", "a 32-bit move leaves the upper half as it was"),
        fault(2, "CVE-2018-18445", "a 32-bit shift to the right works on all 64 bits"),
        fault(3, "fix of 2020: 32-bit results", "a 32-bit addition leaves a 64-bit result"),
        fault(4, "CVE-2020-27194", "the bounds of an or are those of its larger operand"),
        fault(5, "CVE-2021-3490 (and)", "an and is not below the smaller of its operands"),
        fault(6, "CVE-2021-3490 (xor)", "an xor is not above its larger operand"),
        fault(7, "fix of 2019: arithmetic shifts", "an arithmetic shift to the right shifts zeros in"),
        fault(8, "CVE-2017-16996", "a shift to the left loses no bits"),
        fault(9, "fix of 2024: division by zero", "a quotient by a divisor that may be zero is not zero"),
        fault(10, "CVE-2021-3444", "a remainder by zero is zero"),
        fault(11, "fix of 2024: signed division", "a signed division by negative numbers is left out"),
        fault(12, "fix of 2025: signed remainder", "a signed remainder has the sign of the divisor"),
        fault(13, "fix of 2024: sign-extending moves", "a sign-extending move extends with zeros"),
        fault(14, "fix of 2017: carries of known bits", "an addition of known bits has no carry"),
        fault(15, "fix of 2020: known bits of products", "a product has no unknown bits above those of its operands"),
        fault(16, "fix of 2017: bounds of differences", "a difference has the bounds of a minus the least of b"),
        fault(17, "fix of 2023: byte swaps", "a byte swap leaves known bits where they were"),
        fault(18, "CVE-2018-18445 (unknown counts)", "a shift by an unknown count shifts by the least one"),
        fault(19, "fix of 2025: negation", "the bounds of a negation are kept in order"),
        fault(20, "CVE-2020-8835", "a 32-bit comparison bounds all 64 bits"),
        fault(21, "CVE-2021-31440", "the bounds of the lower half are taken for those of the whole"),
        fault(22, "fix of 2021: bit tests", "a failed bit test clears bits that the other side may not have"),
        fault(23, "fix of 2023: bit tests", "a bit test that succeeds sets every bit that may be common"),
        fault(24, "fix of 2017: bounds off by one", r#""at most" is taken for "less""#),
        fault(25, "fix of 2017: signed bounds off by one", r#"signed "at most" is taken for "less""#),
        fault(26, "CVE-2017-16996 (signs)", "a signed comparison bounds as an unsigned one"),
        fault(27, "fix of 2023: inequality", "inequality to one of several numbers takes one away"),
        fault(28, "fix of 2020: 32-bit equality", "equal lower halves are equal numbers"),
        fault(29, "clobbered registers of facts", "the linear pass keeps registers over calls"),
        fault(30, "aliases of facts", "the linear pass keeps the stack over calls of functions"),
        fault(31, "facts of explored paths alone", "the linear pass takes the first way to a place for all"),
        fault(32, "missing clobber after a helper", "r1 to r5 are kept over calls"),
        fault(33, "CVE-2024-26589-like: stale packets", "pointers into data that moved are kept"),
        fault(34, "fix of 2023: use after release", "copies of a released reference are kept"),
        fault(35, "fix of 2022: NULL of another pointer", "a NULL test of one pointer counts for all"),
        fault(36, "CVE-2022-23222", "arithmetic on a pointer that may be NULL"),
        fault(37, "missing NULL check", "a pointer that may be NULL is accessed"),
        fault(38, "CVE-2020-8835-like: negative offsets", "an access may begin before its memory"),
        fault(39, "fix of 2018: sizes of accesses", "memory is one byte longer than it is"),
        fault(
            40,
            "fix of 2022: partial overwrite of a spilled value",
            "a store next to or into a spilled value leaves it",
        ),
        fault(41, "fix of 2023: narrow fills", "a narrow load gives all of the spilled number"),
        fault(42, "fix of 2023: narrow spills", "a narrow store keeps the upper bits"),
        fault(43, "CVE-2022-2785-like: uninitialised stack", "stack that was never written is read"),
        fault(44, "pointer leak through the stack", "a spilled pointer is read as a number"),
        fault(45, "pointer leak through memory", "a pointer is stored in shared memory"),
        fault(46, "pointer leak through the result", "a pointer is returned"),
        fault(47, "fix of 2024: linked registers at 32 bits", "a 32-bit addition that wraps keeps the link"),
        fault(
            48,
            "fix of 2024: deltas of linked registers",
            "narrowing one of two linked numbers forgets their distance",
        ),
        fault(49, "comparison with itself", "two linked numbers at a distance are equal"),
        fault(50, "fix of 2022: ids in comparisons of states", "links of states are not mapped"),
        fault(51, "CVE-2023-2163", "numbers are never precise"),
        fault(52, "CVE-2023-2163 (backtracking)", "precision does not reach what a number was computed from"),
        fault(53, "fix of 2024: precision over pruned paths", "marks do not go on to the state that was covered"),
        fault(54, "fix of 2023: kinds of stack slots", "the stack is not compared"),
        fault(55, "fix of 2022: spilled pointers as misc", "a spilled pointer is covered by any bytes"),
        fault(
            56,
            "fix of 2020: NULL in comparisons of states",
            "a pointer that may be NULL is covered by one that is not",
        ),
        fault(
            57,
            "fix of 2020: packet ranges in comparisons of states",
            "a shorter packet range is covered by a longer one",
        ),
        fault(58, "fix of 2022: references in comparisons of states", "references are not compared"),
        fault(
            59,
            "fix of 2018: offsets of pointers in comparisons of states",
            "a pointer covers one at another offset",
        ),
        fault(60, "fix of 2023: callbacks are called once", "a callback is looked at once"),
        fault(61, "fix of 2022: results of callbacks", "a callback returns what it likes"),
        fault(62, "CVE-2024-42072", "may_goto always leaves"),
        fault(63, "locks and helpers", "a helper is called under a lock"),
        fault(64, "reference leaks", "a reference is not given back"),
        fault(65, "CVE-2024-43910-like: special fields", "a lock in a value is written like data"),
        fault(66, "CVE-2024-49861", "read-only map values are written"),
        fault(67, "CVE-2021-4204", "a helper gets the least length, not the greatest"),
        fault(68, "fix of 2017: negative lengths", "a length may be negative"),
        fault(69, "constant keys off by one", "an array has one more element than it has"),
        fault(70, "fix of 2018: packet ends off by one", "a comparison with the end gives one byte more"),
        fault(71, "CVE-2024-50063-like: writes of a context", "a field that may only be read is written"),
        fault(72, "atomics that are not aligned", "atomic operations need no alignment"),
        fault(73, "stack of a frame that is gone", "a function returns a pointer to its stack"),
        fault(74, "fix of 2023: released at an offset", "a reference is released at an offset"),
        fault(75, "fix of 2018: stack out of bounds", "the stack goes on above r10"),
        fault(76, "CVE-2023-39191-like: objects on the stack", "an object on the stack is overwritten"),
        fault(77, "fix of 2024: return ranges", "the result may be any number"),
        fault(78, "fix of 2022: helpers write the stack", "what a helper wrote over a spilled value is not seen"),
        fault(79, "CVE-2022-0500", "a map value that may be NULL is given to a helper"),
        fault(80, "fix of 2019: variable stores", "a store at a variable place of the stack leaves what was there"),
        fault(81, "fix of 2021: casts of sockets", "what was derived from a socket outlives it"),
        fault(82, "fix of 2019: bpf_sk_fullsock", "what is derived from a socket is never NULL"),
        fault(83, "fix of 2021: NULL of a cast", "NULL of what was derived ends the duty to release"),
        fault(84, "CVE-2021-34866-like: types of objects", "a helper takes an object of any class"),
        fault(85, "fix of 2019: writes to sockets", "a host object is written"),
        fault(86, "fix of 2019: fields of sockets", "a host object has fields everywhere"),
        fault(87, "fix of 2023: iterators", "an iterator that was destroyed is used again"),
        fault(88, "fix of 2023: loops of iterators", "states of an iterator's loop are not compared"),
        fault(89, "fix of 2023: objects in comparisons of states", "objects on the stack are not compared"),
        fault(90, "fix of 2023: iterators that leak", "objects on the stack need not be given up"),
        fault(91, "fix of 2025: slices of dynptrs", "a slice outlives its dynptr"),
        fault(92, "fix of 2023: read-only dynptrs", "a slice that may only be read is written"),
        fault(93, "fix of 2022: sizes of slices", "a slice is one byte longer than it was asked for"),
        fault(94, "fix of 2022: NULL slices", "a slice is never NULL"),
        fault(95, "fix of 2023: slices of packets", "a slice of a packet outlives its move"),
        fault(96, "fix of 2018: inner maps", "an inner map is never NULL"),
        fault(97, "CVE-2020-8835-like: types of inner maps", "an inner map has the shape of the outer one"),
        fault(98, "fix of 2023: locks in functions", "a function knows nothing of its caller's lock"),
        fault(99, "fix of 2023: exceptions that leak", "a number is thrown while something is held"),
        fault(100, "false accept of 6.18: exceptions below", "a global function throws while something is held"),
        fault(101, "fix of 2022: contexts of callbacks", "what a callback writes to its caller's stack is not seen"),
        fault(102, "fix of 2021: indices of callbacks", "a callback is called for the first turn alone"),
        fault(103, "fix of 2023: precision of zeros", "zeros on the stack depend on nothing"),
        fault(104, "fix of 2023: zeros in comparisons of states", "a zero on the stack covers any byte"),
        fault(105, "false accept of 6.18: packet ranges", "a packet pointer that moved on keeps its name"),
        fault(106, "fix of 2024: ranges of packets that moved", "ranges of data that moved are kept"),
        fault(107, "false accept of 6.18: arguments that are not NULL", "NULL is passed for memory that is not NULL"),
        fault(108, "fix of 2024: packets in arguments", "an argument in a packet outlives its move"),
        fault(109, "false accept of 6.18: may_goto", "states of a may_goto loop are not compared"),
        fault(110, "length-linked memory", "a comparison with the length gives one byte more"),
        fault(111, "length-linked memory, from a place on", "a length holds from any place of its memory"),
        fault(112, "unresolved references", "an unresolved reference is passed over"),
        fault(
            113,
            "fix of 2024: tail calls and packets",
            "a program that was tail-called left the packet where it was",
        ),
        fault(114, "fix of 2024: sections", "a section is never left"),
        fault(115, "fix of 2020: atomics on the stack", "an atomic operation leaves what the stack held"),
        fault(116, "fix of 2023: overwritten dynptrs", "an object that was overwritten is still there"),
        fault(117, "fix of 2020: stacks of global functions", "what a global function writes is not seen"),
        fault(
            118,
            "fix of 2024: global functions and packets",
            "a global function that moves the packet leaves pointers",
        ),
        fault(119, "fix of 2019: locks of other values", "a lock is given back through another value"),
        fault(120, "fix of 2025: constant keys", "a constant key is there in every map"),
        fault(
            121,
            "false accept of 6.18: calls and may_goto",
            "a turn of one call's may_goto stands for one of the next",
        ),
        fault(122, "fix of 2018: packet ends off by one, for texts", "a text has one byte more than may be read"),
    ];
}
