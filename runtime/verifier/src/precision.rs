//! Which numbers a proof relied on.
//!
//! A state that is kept for pruning is compared with later ones; a number that no proof relied on ("imprecise") matches
//! any other, and this is where the speed comes from. Linux finds the numbers that a proof relied on by walking the
//! path's instructions backwards. Here each number carries a *node*: where it came from. Nodes form a graph with edges
//! from a number to those it was computed from. Relying on a number marks its node and all that it reaches.
//!
//! Invariants:
//!
//! 1. Node 0 stands for a number that no kept state holds and that depends on none: marking it means nothing.
//! 2. When a state is kept, each number it holds gets a fresh node whose input is the old one: the mark of a kept
//!    number says whether *what follows that state* relied on it.
//! 3. A value's node reaches the node of every kept number that the value's bounds depend on: operands, the other side of
//!    a comparison that narrowed it, and links that were narrowed with it.
//!    What the bounds do not depend on need not be reached: where an instruction gives the same bounds of *any* number
//!    (`x & 7` is `0..=7` whatever `x` is, and so is what `x <= 7` leaves), whatever a run has in the number's place, its
//!    result is within. A link is not such a bound: that two numbers are equal was claimed of both.
//! 4. When a path ends because an old state covers it, the old state's nodes get edges to the current ones: marks that
//!    the old state has or gets later arrive here too (loops included).

use ahash::AHashMap;

/// Index of a node.
pub(crate) type NodeId = u32;

#[derive(Clone, Copy, Debug)]
struct Node {
    inputs: [NodeId; 2],
    precise: bool,
}

/// The graph of where numbers came from.
#[derive(Debug)]
pub(crate) struct Nodes {
    nodes: Vec<Node>,
    /// Edges added by pruning.
    more: AHashMap<NodeId, Vec<NodeId>>,
    more_edges: usize,
    todo: Vec<NodeId>,
}

impl Nodes {
    /// A graph with node 0 alone.
    pub(crate) fn new() -> Nodes {
        Nodes {
            nodes: vec![Node { inputs: [0, 0], precise: true }],
            more: AHashMap::new(),
            more_edges: 0,
            todo: Vec::new(),
        }
    }

    /// A node for a number computed from two others; 0 if it depends on no kept number.
    pub(crate) fn derive(&mut self, a: NodeId, b: NodeId) -> NodeId {
        match (a, b) {
            (0, only) | (only, 0) => only,
            (a, b) if a == b => a,
            (a, b) => self.push([a, b]),
        }
    }

    /// A fresh node for a number that is being kept.
    pub(crate) fn keep(&mut self, input: NodeId) -> NodeId {
        self.push([input, 0])
    }

    fn push(&mut self, inputs: [NodeId; 2]) -> NodeId {
        let id = self.nodes.len() as NodeId;
        self.nodes.push(Node { inputs, precise: false });
        id
    }

    /// Whether a proof relied on the number.
    pub(crate) fn is_precise(&self, node: NodeId) -> bool {
        self.nodes[node as usize].precise
    }

    /// Records that a proof relies on the number.
    pub(crate) fn mark(&mut self, node: NodeId) {
        self.todo.push(node);
        while let Some(at) = self.todo.pop() {
            let entry = &mut self.nodes[at as usize];
            if std::mem::replace(&mut entry.precise, true) {
                continue;
            }
            self.todo.extend(entry.inputs.iter().filter(|&&n| n != 0 && !fault!(52)));
            if let Some(more) = self.more.get(&at) {
                self.todo.extend(more);
            }
        }
    }

    /// Lets every mark on `from`, now or later, also mark `to`. Node 0 counts as marked.
    pub(crate) fn link(&mut self, from: NodeId, to: NodeId) {
        if to == 0 || from == to || fault!(53) {
            return;
        }
        if self.is_precise(from) {
            self.mark(to);
        } else {
            self.more.entry(from).or_default().push(to);
            self.more_edges += 1;
        }
    }

    /// Bytes that the graph takes, roughly.
    pub(crate) fn bytes(&self) -> usize {
        // Where the list is about to grow, both are there.
        self.nodes.capacity() * size_of::<Node>() * 3 / 2 + self.more_edges * 8 + self.more.len() * 48
    }
}
