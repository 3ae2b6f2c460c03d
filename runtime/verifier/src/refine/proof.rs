//! Checks a refutation: a list of clauses, each of which follows from those before it by unit propagation, and at last a
//! contradiction. It is all that a "no" rests on; it knows nothing of how the clauses were found.
//!
//! Literals are twice the variable, plus 1 for its opposite.

/// Clauses, one after the other.
#[derive(Debug, Default)]
pub(super) struct Clauses {
    literals: Vec<u32>,
    ends: Vec<u32>,
}

impl Clauses {
    /// One more.
    pub(super) fn push(&mut self, clause: impl IntoIterator<Item = u32>) {
        self.literals.extend(clause);
        self.ends.push(self.literals.len() as u32);
    }

    /// How many.
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    /// How many literals they have together.
    pub(super) fn literals(&self) -> usize {
        self.literals.len()
    }

    fn get(&self, index: usize) -> &[u32] {
        &self.literals[self.range(index)]
    }

    fn range(&self, index: usize) -> std::ops::Range<usize> {
        let from = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        from..self.ends[index] as usize
    }

    /// Each.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.count()).map(|index| self.get(index))
    }
}

/// What follows from the clauses so far.
pub(super) struct Proof {
    clauses: Clauses,
    /// By literal: the clauses that look at it, to be told when it becomes false. They are the first two of each.
    watched: Vec<Vec<u32>>,
    /// By literal: it is true.
    holds: Vec<bool>,
    trail: Vec<u32>,
    /// What of the trail was propagated.
    done: usize,
    /// Clauses that were looked at so far, and how many may be: beyond, nothing is believed.
    looks: u64,
    most: u64,
}

impl Proof {
    /// Of a formula with so many variables, nothing; at most so many looks at clauses.
    pub(super) fn new(vars: usize, most: u64) -> Proof {
        Proof {
            clauses: Clauses::default(),
            watched: vec![Vec::new(); 2 * vars],
            holds: vec![false; 2 * vars],
            trail: Vec::new(),
            done: 0,
            looks: 0,
            most,
        }
    }

    /// How many clauses were looked at.
    pub(super) fn looks(&self) -> u64 {
        self.looks
    }

    /// Whether `learned` leads from `given` to a contradiction, each step by unit propagation, in as many looks as there
    /// may be.
    pub(super) fn refutes(&mut self, given: &Clauses, learned: &Clauses) -> bool {
        self.contradicts(given, learned) && self.looks <= self.most
    }

    fn contradicts(&mut self, given: &Clauses, learned: &Clauses) -> bool {
        for clause in given.iter() {
            if !self.add(clause) {
                return true;
            }
        }
        if !self.propagate() {
            return true;
        }
        for clause in learned.iter() {
            if !self.follows(clause) || self.looks > self.most {
                return false;
            }
            if !(self.add(clause) && self.propagate()) {
                return true;
            }
        }
        false
    }

    /// Makes a literal true; `false` if its opposite is.
    fn assume(&mut self, literal: u32) -> bool {
        if self.holds[literal as usize ^ 1] {
            return false;
        }
        if !std::mem::replace(&mut self.holds[literal as usize], true) {
            self.trail.push(literal);
        }
        true
    }

    /// Whether assuming the opposite of a clause leads to a contradiction. What was assumed is forgotten.
    fn follows(&mut self, clause: &[u32]) -> bool {
        let before = self.trail.len();
        let contradicts = !clause.iter().all(|&l| self.assume(l ^ 1)) || !self.propagate();
        for literal in self.trail.drain(before..) {
            self.holds[literal as usize] = false;
        }
        self.done = before;
        contradicts
    }

    /// Adds a clause; `false` if all of its literals are false. Nothing is propagated.
    fn add(&mut self, clause: &[u32]) -> bool {
        if clause.iter().any(|&l| self.holds[l as usize]) {
            return true;
        }
        // False literals stay false: what is added is never taken back.
        let open: Vec<u32> = clause.iter().copied().filter(|&l| !self.holds[l as usize ^ 1]).collect();
        match open[..] {
            [] => false,
            [only] => self.assume(only),
            [first, second, ..] => {
                let index = self.clauses.count() as u32;
                self.watched[first as usize].push(index);
                self.watched[second as usize].push(index);
                self.clauses.push(open);
                true
            }
        }
    }

    /// Draws all conclusions; `false` where they contradict each other.
    fn propagate(&mut self) -> bool {
        while let Some(&literal) = self.trail.get(self.done) {
            self.done += 1;
            let lost = literal ^ 1;
            let mut watching = std::mem::take(&mut self.watched[lost as usize]);
            self.looks += 1 + watching.len() as u64;
            let mut consistent = true;
            watching.retain(|&index| !consistent || self.stays(index, lost, &mut consistent));
            // A clause never moves its watch to the literal that was lost: the list is still empty.
            self.watched[lost as usize] = watching;
            if !consistent {
                return false;
            }
        }
        true
    }

    /// Whether a clause goes on watching a literal that became false; else it found another one. A clause with one literal
    /// left makes it true.
    fn stays(&mut self, index: u32, lost: u32, consistent: &mut bool) -> bool {
        let range = self.clauses.range(index as usize);
        let clause = &mut self.clauses.literals[range];
        if clause[0] == lost {
            clause.swap(0, 1);
        }
        let other = clause[0];
        if self.holds[other as usize] {
            return true;
        }
        if let Some(at) = (2..clause.len()).find(|&at| !self.holds[clause[at] as usize ^ 1]) {
            clause.swap(1, at);
            self.watched[clause[1] as usize].push(index);
            return false;
        }
        *consistent = self.assume(other);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clauses(list: &[&[i32]]) -> Clauses {
        let mut out = Clauses::default();
        for clause in list {
            out.push(clause.iter().map(|&l| (l.unsigned_abs() - 1) << 1 | u32::from(l < 0)));
        }
        out
    }

    #[test]
    fn only_what_follows_is_believed() {
        let all: &[&[i32]] =
            &[&[1, 2, 3], &[1, 2, -3], &[1, -2, 3], &[1, -2, -3], &[-1, 2], &[-1, -2, 3], &[-1, -2, -3]];
        let given = clauses(all);
        let refutes = |learned: &[&[i32]]| Proof::new(3, u64::MAX).refutes(&given, &clauses(learned));
        assert!(refutes(&[&[1, 2], &[1]]));
        assert!(!refutes(&[]), "nothing was learned");
        assert!(!refutes(&[&[1, 2]]), "no contradiction yet");
        // That 1 holds does not follow by propagation, and neither does nothing at all.
        assert!(!refutes(&[&[3]]) && !refutes(&[&[]]));
        let open = clauses(&[&[1, 2], &[-1, -2]]);
        assert!(!Proof::new(2, u64::MAX).refutes(&open, &clauses(&[&[1]])));
        assert!(Proof::new(1, u64::MAX).refutes(&clauses(&[&[1], &[-1]]), &Clauses::default()));
    }

    /// Every formula of few clauses over three variables, with what its resolvents are as a proof: believed exactly where
    /// no assignment satisfies it.
    #[test]
    fn refutations_are_of_what_has_no_answer() {
        let pool: Vec<Vec<i32>> = (1..27)
            .map(|code| {
                let sign = |var: i32, digit: i32| [None, Some(var), Some(-var)][digit as usize];
                [sign(1, code % 3), sign(2, code / 3 % 3), sign(3, code / 9)].into_iter().flatten().collect()
            })
            .collect();
        let mut state = 7_u64;
        let (mut refuted, mut satisfied) = (0, 0);
        for _ in 0..4_000 {
            let chosen: Vec<&Vec<i32>> = (0..8)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    &pool[(state >> 33) as usize % pool.len()]
                })
                .collect();
            let holds = |assigned: u32, l: i32| (assigned >> (l.unsigned_abs() - 1) & 1 != 0) == (l > 0);
            let some = (0..8).any(|assigned| chosen.iter().all(|c| c.iter().any(|&l| holds(assigned, l))));
            let given = clauses(&chosen.iter().map(|c| c.as_slice()).collect::<Vec<_>>());
            // Longest first: each follows by propagation if it follows at all.
            let mut learned: Vec<&[i32]> = pool
                .iter()
                .map(Vec::as_slice)
                .filter(|c| {
                    (0..8)
                        .filter(|&a| !c.iter().any(|&l| holds(a, l)))
                        .all(|a| !chosen.iter().all(|c| c.iter().any(|&l| holds(a, l))))
                })
                .collect();
            learned.sort_by_key(|c| std::cmp::Reverse(c.len()));
            let proved = Proof::new(3, u64::MAX).refutes(&given, &clauses(&learned));
            assert_eq!(proved, !some, "{chosen:?}");
            if some { satisfied += 1 } else { refuted += 1 }
        }
        assert!(refuted > 200 && satisfied > 200, "{refuted} {satisfied}");
    }
}
