//! Formulas over bits: a graph of gates, in which equal gates are one.

use ahash::AHashMap;

/// A bit: a gate, or its opposite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Bit(u32);

impl Bit {
    /// Always 0.
    pub(super) const ZERO: Bit = Bit(0);
    /// Always 1.
    pub(super) const ONE: Bit = Bit(1);

    /// The bit of a constant.
    pub(super) const fn of(bit: bool) -> Bit {
        Bit(bit as u32)
    }

    /// The opposite.
    pub(super) const fn not(self) -> Bit {
        Bit(self.0 ^ 1)
    }

    /// The index of its gate.
    pub(super) const fn gate(self) -> usize {
        (self.0 >> 1) as usize
    }

    /// Whether it is the opposite of its gate.
    pub(super) const fn negated(self) -> bool {
        self.0 & 1 != 0
    }
}

/// What a gate computes. Gate 0 is the constant 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Gate {
    /// Anything: an input, or the constant.
    Input,
    /// Both are 1.
    And(Bit, Bit),
    /// One of the two is 1; neither is an opposite.
    Xor(Bit, Bit),
}

/// The graph. Inputs of a gate come before it.
#[derive(Debug)]
pub(super) struct Gates {
    gates: Vec<Gate>,
    known: AHashMap<Gate, u32>,
    lemmas: Vec<Bit>,
    limit: usize,
    full: bool,
}

impl Gates {
    /// A graph that takes so many gates.
    pub(super) fn new(limit: usize) -> Gates {
        Gates { gates: vec![Gate::Input], known: AHashMap::new(), lemmas: Vec::new(), limit, full: false }
    }

    /// Whether gates were left out, so that nothing that was built means anything.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// All gates.
    pub(super) fn all(&self) -> &[Gate] {
        &self.gates
    }

    /// Bits that are 1 whatever the inputs are: they follow from the gates, but a solver would be long in finding out.
    pub(super) fn lemmas(&self) -> &[Bit] {
        &self.lemmas
    }

    /// Adds a lemma.
    pub(super) fn lemma(&mut self, bit: Bit) {
        if bit != Bit::ONE {
            self.lemmas.push(bit);
        }
    }

    fn push(&mut self, gate: Gate) -> Bit {
        if self.gates.len() >= self.limit {
            self.full = true;
            return Bit::ZERO;
        }
        self.gates.push(gate);
        Bit((self.gates.len() as u32 - 1) << 1)
    }

    fn shared(&mut self, gate: Gate) -> Bit {
        if let Some(&index) = self.known.get(&gate) {
            return Bit(index << 1);
        }
        let bit = self.push(gate);
        if !self.full {
            self.known.insert(gate, bit.0 >> 1);
        }
        bit
    }

    /// A bit of which nothing is known.
    pub(super) fn input(&mut self) -> Bit {
        self.push(Gate::Input)
    }

    /// `a & b`.
    pub(super) fn and(&mut self, a: Bit, b: Bit) -> Bit {
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        match a {
            Bit::ZERO => Bit::ZERO,
            Bit::ONE => b,
            _ if a == b => a,
            _ if a == b.not() => Bit::ZERO,
            _ => self.shared(Gate::And(a, b)),
        }
    }

    /// `a | b`.
    pub(super) fn or(&mut self, a: Bit, b: Bit) -> Bit {
        self.and(a.not(), b.not()).not()
    }

    /// `a ^ b`.
    pub(super) fn xor(&mut self, a: Bit, b: Bit) -> Bit {
        let opposite = a.negated() != b.negated();
        let (a, b) = (Bit(a.0 & !1), Bit(b.0 & !1));
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        let same = if a == b {
            Bit::ZERO
        } else if a == Bit::ZERO {
            b
        } else {
            self.shared(Gate::Xor(a, b))
        };
        Bit(same.0 ^ u32::from(opposite))
    }

    /// `if s { a } else { b }`.
    pub(super) fn pick(&mut self, s: Bit, a: Bit, b: Bit) -> Bit {
        if a == b {
            return a;
        }
        let (x, y) = (self.and(s, a), self.and(s.not(), b));
        self.or(x, y)
    }

    /// The values of all gates for given inputs.
    #[cfg(test)]
    pub(super) fn run(&self, input: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut values: Vec<bool> = Vec::with_capacity(self.gates.len());
        for (at, gate) in self.gates.iter().enumerate() {
            let value = |bit: Bit| values[bit.gate()] != bit.negated();
            let new = match *gate {
                Gate::Input => at != 0 && input(at),
                Gate::And(a, b) => value(a) && value(b),
                Gate::Xor(a, b) => value(a) != value(b),
            };
            values.push(new);
        }
        values
    }
}
