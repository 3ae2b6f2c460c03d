//! One depth-first walk per subprogram: reachability, post-order, back-edges, and strongly connected components
//! (Tarjan, with a stack of its own).

use stingless_object::Unit;

use super::NONE;
use super::blocks::{Graph, is_callback_call};
use crate::error::VerifierError;
use crate::report::Kind;

/// A strongly connected component with a cycle in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Loop {
    /// Instruction through which the walk came in first: the header of a reducible loop.
    pub(crate) entry: u32,
    /// Subprogram.
    pub(crate) subprog: u32,
    /// Instructions in it.
    pub(crate) insns: u32,
    /// The cycle is one instruction: the call of a helper that calls back.
    pub(crate) callback: bool,
}

/// What the walk finds.
#[derive(Debug)]
pub(super) struct Loops {
    pub(super) loops: Vec<Loop>,
    /// (block, block), each once.
    pub(super) back_edges: Vec<(u32, u32)>,
    loop_of: Box<[u32]>,
    post_order: Box<[u32]>,
    post_from: Box<[u32]>,
}

impl Loops {
    pub(super) fn find(unit: &Unit, graph: &Graph) -> Result<Loops, Box<VerifierError>> {
        let mut walk = Walk::new(unit, graph);
        let mut post_from = vec![0];
        for sub in unit.code.subprogs() {
            walk.subprog(graph.block_of(sub.start as usize) as u32);
            post_from.push(walk.post_order.len() as u32);
        }
        if let Some(dead) = walk.state.iter().position(|&s| s == Color::White) {
            let at = graph.blocks[dead].start as usize;
            return Err(VerifierError::new(unit, at, Kind::UnreachableCode, "no path leads to this instruction"));
        }
        Ok(Loops {
            loops: walk.loops,
            back_edges: walk.back_edges,
            loop_of: walk.loop_of.into(),
            post_order: walk.post_order.into(),
            post_from: post_from.into(),
        })
    }

    pub(super) fn loop_of_block(&self, block: usize) -> u32 {
        self.loop_of[block]
    }

    pub(super) fn post_order(&self, subprog: usize) -> &[u32] {
        &self.post_order[self.post_from[subprog] as usize..self.post_from[subprog + 1] as usize]
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Color {
    White,
    /// On the path of the walk.
    Grey,
    Black,
}

struct Walk<'a> {
    unit: &'a Unit,
    graph: &'a Graph,
    state: Vec<Color>,
    /// Order of discovery.
    index: Vec<u32>,
    low: Vec<u32>,
    discovered: u32,
    /// Tarjan's stack: blocks whose component is not complete. `loop_of` tells who has left it.
    open: Vec<u32>,
    is_open: Vec<bool>,
    loop_of: Vec<u32>,
    loops: Vec<Loop>,
    back_edges: Vec<(u32, u32)>,
    post_order: Vec<u32>,
}

impl<'a> Walk<'a> {
    fn new(unit: &'a Unit, graph: &'a Graph) -> Walk<'a> {
        let n = graph.blocks.len();
        Walk {
            unit,
            graph,
            state: vec![Color::White; n],
            index: vec![0; n],
            low: vec![0; n],
            discovered: 0,
            open: Vec::new(),
            is_open: vec![false; n],
            loop_of: vec![NONE; n],
            loops: Vec::new(),
            back_edges: Vec::new(),
            post_order: Vec::with_capacity(n),
        }
    }

    fn subprog(&mut self, entry: u32) {
        // (block, how many of its successors have been looked at)
        let mut path = vec![(entry, 0usize)];
        self.enter(entry);
        while let Some((block, next)) = path.last_mut() {
            let from = *block;
            match self.graph.blocks[from as usize].succ(*next) {
                Some(to) => {
                    *next += 1;
                    if self.state[to as usize] == Color::White {
                        self.enter(to);
                        path.push((to, 0));
                    } else {
                        self.look_back(from, to);
                    }
                }
                None => {
                    path.pop();
                    self.leave(from);
                    if let Some(&(parent, _)) = path.last() {
                        self.lower(parent, self.low[from as usize]);
                    }
                }
            }
        }
    }

    fn enter(&mut self, block: u32) {
        let b = block as usize;
        self.state[b] = Color::Grey;
        self.index[b] = self.discovered;
        self.low[b] = self.discovered;
        self.discovered += 1;
        self.open.push(block);
        self.is_open[b] = true;
    }

    /// An edge to a block seen before.
    fn look_back(&mut self, from: u32, to: u32) {
        if self.state[to as usize] == Color::Grey && self.back_edges.last() != Some(&(from, to)) {
            self.back_edges.push((from, to));
        }
        if self.is_open[to as usize] {
            self.lower(from, self.index[to as usize]);
        }
    }

    fn lower(&mut self, block: u32, low: u32) {
        let mine = &mut self.low[block as usize];
        *mine = low.min(*mine);
    }

    fn leave(&mut self, block: u32) {
        self.state[block as usize] = Color::Black;
        self.post_order.push(block);
        if self.low[block as usize] == self.index[block as usize] {
            self.close(block);
        }
    }

    /// Takes a complete component off the stack; its first block is `root`.
    fn close(&mut self, root: u32) {
        let from = self.open.iter().rposition(|&b| b == root).unwrap_or(0);
        let members = self.open.split_off(from);
        let first = self.graph.blocks[root as usize];
        let callback = is_callback_call(self.unit, &self.unit.code.insns()[first.start as usize]);
        let cycle = members.len() > 1 || first.succs().any(|s| s == root);
        let id = self.loops.len() as u32;
        let mut insns = 0;
        for &member in &members {
            let block = self.graph.blocks[member as usize];
            insns += block.end - block.start;
            self.is_open[member as usize] = false;
            if cycle || callback {
                self.loop_of[member as usize] = id;
            }
        }
        if cycle || callback {
            self.loops.push(Loop { entry: first.start, subprog: first.subprog, insns, callback: callback && !cycle });
        }
    }
}
