//! The control-flow graph of a function as SVG: blocks in layers, each below those that lead to it; loops go back up at
//! the right side.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use stingless::verifier::{Trace, TraceBlock, TraceEdge};

use super::escape::{clip, html};

/// Blocks of a function that are drawn, at most.
pub(super) const MAX_BLOCKS: usize = 160;
/// Lines of text in a block, at most.
const MAX_LINES: usize = 5;
/// Characters of such a line, at most.
const MAX_CHARS: usize = 42;
const CHAR: f64 = 6.7;
const LINE: f64 = 15.0;
const PAD: f64 = 9.0;
const GAP_X: f64 = 26.0;
const GAP_Y: f64 = 38.0;
/// See [`port`].
const PORT: f64 = 14.0;
/// Rounds of sorting blocks by where their neighbours are.
const SWEEPS: usize = 4;

/// A block, or a bend of an edge that passes a layer.
struct Node {
    block: Option<u32>,
    layer: usize,
    w: f64,
    h: f64,
    x: f64,
    y: f64,
}

/// An edge as the nodes that it goes through.
struct Route<'t> {
    edge: &'t TraceEdge,
    nodes: Vec<usize>,
}

/// The picture of a function's blocks, and how many blocks it leaves out.
pub(super) fn svg(trace: &Trace, function: u32) -> (String, usize) {
    let shown = chosen(trace, function);
    let all = trace.blocks.iter().filter(|b| b.function == function).count();
    let layers = layers(trace, &shown);
    let mut nodes: Vec<Node> = Vec::new();
    let mut node_of: BTreeMap<u32, usize> = BTreeMap::new();
    for &b in &shown {
        let lines = text(trace, &trace.blocks[b as usize]);
        let chars = lines.iter().map(|l| l.chars().count()).max().unwrap_or(0);
        let (w, h) = (chars as f64 * CHAR + 2.0 * PAD, lines.len() as f64 * LINE + 2.0 * PAD - 2.0);
        node_of.insert(b, nodes.len());
        nodes.push(Node { block: Some(b), layer: layers[&b], w, h, x: 0.0, y: 0.0 });
    }
    let edges = trace.edges.iter().filter(|e| shown.contains(&e.from) && shown.contains(&e.to));
    let mut routes = Vec::new();
    let mut backs = Vec::new();
    for edge in edges {
        if edge.back {
            backs.push(edge);
            continue;
        }
        let (from, to) = (node_of[&edge.from], node_of[&edge.to]);
        let mut through = vec![from];
        for layer in nodes[from].layer + 1..nodes[to].layer {
            through.push(nodes.len());
            nodes.push(Node { block: None, layer, w: 12.0, h: 0.0, x: 0.0, y: 0.0 });
        }
        through.push(to);
        routes.push(Route { edge, nodes: through });
    }
    let order = place(&mut nodes, &routes);
    (draw(trace, &nodes, &node_of, &routes, &backs, order), all - shown.len())
}

/// The blocks to draw: all, or those on the shown paths first, then those that were explored most.
fn chosen(trace: &Trace, function: u32) -> BTreeSet<u32> {
    let mut on_path = vec![false; trace.insns.len()];
    trace.paths.iter().flat_map(|p| &p.steps).for_each(|s| on_path[s.insn as usize] = true);
    let mut blocks: Vec<(u32, &TraceBlock)> =
        trace.blocks.iter().enumerate().map(|(i, b)| (i as u32, b)).filter(|(_, b)| b.function == function).collect();
    let explored = |b: &TraceBlock| trace.insns[b.start as usize].explored;
    blocks.sort_by_key(|(i, b)| (!on_path[b.start as usize], std::cmp::Reverse(explored(b)), *i));
    blocks.into_iter().take(MAX_BLOCKS).map(|(i, _)| i).collect()
}

/// The layer of each block: one below the lowest of those that lead to it, edges that close loops apart.
fn layers(trace: &Trace, shown: &BTreeSet<u32>) -> BTreeMap<u32, usize> {
    let edges: Vec<&TraceEdge> =
        trace.edges.iter().filter(|e| !e.back && shown.contains(&e.from) && shown.contains(&e.to)).collect();
    let mut waits: BTreeMap<u32, usize> = shown.iter().map(|&b| (b, 0)).collect();
    edges.iter().for_each(|e| *waits.entry(e.to).or_default() += 1);
    let mut layer: BTreeMap<u32, usize> = shown.iter().map(|&b| (b, 0)).collect();
    let mut ready: Vec<u32> = waits.iter().filter(|(_, n)| **n == 0).map(|(b, _)| *b).collect();
    while let Some(block) = ready.pop() {
        for edge in edges.iter().filter(|e| e.from == block) {
            let below = layer[&block] + 1;
            layer.entry(edge.to).and_modify(|l| *l = (*l).max(below));
            if let Some(left) = waits.get_mut(&edge.to) {
                *left -= 1;
                if *left == 0 {
                    ready.push(edge.to);
                }
            }
        }
    }
    layer
}

/// Gives every node its place; returns width and height of the whole.
fn place(nodes: &mut [Node], routes: &[Route<'_>]) -> (f64, f64) {
    let depth = nodes.iter().map(|n| n.layer + 1).max().unwrap_or(0);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); depth];
    nodes.iter().enumerate().for_each(|(i, n)| rows[n.layer].push(i));
    let mut above: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for pair in routes.iter().flat_map(|r| r.nodes.windows(2)) {
        above[pair[1]].push(pair[0]);
        below[pair[0]].push(pair[1]);
    }
    rows.iter().for_each(|row| pack(nodes, row, None));
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        for at in 0..depth {
            let row = if down { at } else { depth - 1 - at };
            let near = if down { &above } else { &below };
            let middle = |nodes: &[Node], i: usize| {
                let sum = near[i]
                    .iter()
                    .fold((0.0, 0.0), |s, &n| (s.0 + weight(nodes, n) * nodes[n].x, s.1 + weight(nodes, n)));
                if sum.1 == 0.0 { nodes[i].x } else { sum.0 / sum.1 }
            };
            let wish: BTreeMap<usize, f64> = rows[row].iter().map(|&i| (i, middle(nodes, i))).collect();
            rows[row].sort_by(|a, b| wish[a].total_cmp(&wish[b]));
            pack(nodes, &rows[row], Some(&wish));
        }
    }
    let left = nodes.iter().map(|n| n.x - n.w / 2.0).fold(f64::MAX, f64::min);
    let mut y = 8.0;
    for row in &rows {
        let h = row.iter().map(|&i| nodes[i].h).fold(0.0, f64::max);
        for &i in row {
            nodes[i].x += 8.0 - left;
            nodes[i].y = y;
        }
        y += h + GAP_Y;
    }
    let right = nodes.iter().map(|n| n.x + n.w / 2.0).fold(0.0, f64::max);
    (right + 8.0, (y - GAP_Y + 10.0).max(20.0))
}

/// Blocks are to stand straight below one another; bends may give way.
fn weight(nodes: &[Node], i: usize) -> f64 {
    if nodes[i].block.is_some() { 8.0 } else { 1.0 }
}

/// Sets the middles of a row's nodes, in their order and apart: near to what they wish, or side by side.
fn pack(nodes: &mut [Node], row: &[usize], wish: Option<&BTreeMap<usize, f64>>) {
    let mut edge = f64::MIN;
    let (mut off, mut all) = (0.0, 0.0);
    for &i in row {
        let wanted = wish.map_or(f64::MIN, |w| w[&i]);
        let least = if edge == f64::MIN { f64::MIN } else { edge + GAP_X + nodes[i].w / 2.0 };
        let x = match (least == f64::MIN, wish.is_some()) {
            (true, true) => wanted,
            (true, false) => 0.0,
            (false, true) => wanted.max(least),
            (false, false) => least,
        };
        nodes[i].x = x;
        off += wish.map_or(x, |_| x - wanted) * weight(nodes, i);
        all += weight(nodes, i);
        edge = x + nodes[i].w / 2.0;
    }
    // Pushing to the right only would make the picture lean: the row is moved back by what it was pushed on average.
    let shift = if row.is_empty() { 0.0 } else { off / all };
    row.iter().for_each(|&i| nodes[i].x -= shift);
}

/// What a block says: its lines, or its instructions where no lines are known.
fn text(trace: &Trace, block: &TraceBlock) -> Vec<String> {
    let insns = &trace.insns[block.start as usize..block.end as usize];
    let mut lines: Vec<String> = Vec::new();
    let mut numbers: Vec<u32> = Vec::new();
    for insn in insns {
        let text = match (insn.line, &insn.source) {
            (Some(line), Some(source)) => {
                numbers.push(line);
                format!("{line}: {}", source.trim())
            }
            (_, _) => format!("{}: {}", insn.slot, insn.text),
        };
        if !lines.contains(&text) {
            lines.push(text);
        }
    }
    lines.sort_by_key(|l| l.split(':').next().and_then(|n| n.parse::<u32>().ok()));
    let more = lines.len().saturating_sub(MAX_LINES);
    if more > 0 {
        lines.truncate(MAX_LINES - 1);
        lines.push(format!("… {} more", more + 1));
    }
    let pruned: u64 = insns.iter().map(|i| i.pruned).sum();
    let explored = trace.insns[block.start as usize].explored;
    let mut head = format!("#{}–{}  explored {explored}×", insns[0].slot, insns[insns.len() - 1].slot);
    if pruned > 0 {
        let _ = write!(head, ", pruned {pruned}×");
    }
    let mut out = vec![head];
    out.extend(lines.iter().map(|l| clip(l, MAX_CHARS)));
    out
}

fn draw(
    trace: &Trace,
    nodes: &[Node],
    node_of: &BTreeMap<u32, usize>,
    routes: &[Route<'_>],
    backs: &[&TraceEdge],
    (width, height): (f64, f64),
) -> String {
    let total = width + 12.0 * backs.len() as f64 + 14.0;
    let mut out = format!(
        "<svg class=\"cfg\" role=\"group\" aria-label=\"control-flow graph\" width=\"{total:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {total:.0} {height:.0}\">"
    );
    for route in routes {
        let _ = write!(out, "{}", path(route.edge, &curve(nodes, &route.nodes, port(trace, route.edge))));
        if let Some(label) = label(trace, route.edge) {
            let from = &nodes[route.nodes[0]];
            let side = if route.edge.jumps { 1.0 } else { -1.0 };
            let (x, y) = (from.x + side * (PORT + 5.0), from.y + from.h + 12.0);
            let anchor = if route.edge.jumps { "start" } else { "end" };
            let _ =
                write!(out, "<text class=\"lbl\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{label}</text>");
        }
    }
    for (lane, edge) in backs.iter().enumerate() {
        let (from, to) = (&nodes[node_of[&edge.from]], &nodes[node_of[&edge.to]]);
        let x = width + 6.0 + 12.0 * lane as f64;
        let (y1, y2) = (from.y + from.h - 10.0, to.y + 10.0);
        let line = format!(
            "M{:.1} {y1:.1}H{:.1}Q{x:.1} {y1:.1} {x:.1} {:.1}V{:.1}Q{x:.1} {y2:.1} {:.1} {y2:.1}H{:.1}",
            from.x + from.w / 2.0,
            x - 6.0,
            y1 - 6.0,
            y2 + 6.0,
            x - 6.0,
            to.x + to.w / 2.0 + 5.0
        );
        let _ = write!(out, "{}", path(edge, &line));
    }
    for node in nodes {
        if let Some(block) = node.block {
            let _ = write!(out, "{}", boxed(trace, block, node));
        }
    }
    out.push_str("</svg>");
    out
}

/// A line through nodes: straight down inside of layers, curved between them.
fn curve(nodes: &[Node], through: &[usize], port: f64) -> String {
    let first = &nodes[through[0]];
    let mut y = first.y + first.h;
    let mut x = first.x + port;
    let mut out = format!("M{x:.1} {y:.1}");
    for (at, &i) in through.iter().enumerate().skip(1) {
        let node = &nodes[i];
        let end = if at + 1 == through.len() { node.y - 5.0 } else { node.y };
        let bend = y + (end - y) / 2.0;
        let _ = write!(out, "C{x:.1} {bend:.1} {:.1} {bend:.1} {:.1} {end:.1}", node.x, node.x);
        (x, y) = (node.x, end);
    }
    out
}

/// How far from a block's middle an edge leaves it: the two of a branch apart.
fn port(trace: &Trace, edge: &TraceEdge) -> f64 {
    match label(trace, edge) {
        None => 0.0,
        Some(_) if edge.jumps => PORT,
        Some(_) => -PORT,
    }
}

/// What stands at the two ways of a branch.
fn label(trace: &Trace, edge: &TraceEdge) -> Option<&'static str> {
    let branches = trace.edges.iter().filter(|e| e.from == edge.from).count() > 1;
    match (branches, edge.jumps) {
        (false, _) => None,
        (true, true) => Some("jumps"),
        (true, false) => Some("else"),
    }
}

fn path(edge: &TraceEdge, line: &str) -> String {
    let dead = if edge.walked == 0 { " dead" } else { "" };
    let back = if edge.back { " back" } else { "" };
    let title = match (edge.walked, edge.back) {
        (0, _) => "never walked".to_owned(),
        (n, true) => format!("walked {n} times; closes a loop"),
        (n, false) => format!("walked {n} times"),
    };
    format!(
        "<path class=\"edge{dead}{back}\" data-e=\"{}-{}\" d=\"{line}\"><title>{title}</title></path>",
        edge.from, edge.to
    )
}

fn boxed(trace: &Trace, index: u32, node: &Node) -> String {
    let block = &trace.blocks[index as usize];
    let insns = &trace.insns[block.start as usize..block.end as usize];
    let unseen = if insns[0].explored == 0 { " unseen" } else { "" };
    let looped = if block.in_loop.is_some() { " looped" } else { "" };
    let listing: Vec<String> = insns.iter().take(24).map(|i| format!("{}: {}", i.slot, i.text)).collect();
    let (x, y) = (node.x - node.w / 2.0, node.y);
    let mut out = format!(
        "<g class=\"block{unseen}{looped}\" data-b=\"{index}\" tabindex=\"0\" role=\"button\" \
         aria-label=\"block of instructions {} to {}\">\
         <title>{}</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"5\"/>",
        insns[0].slot,
        insns[insns.len() - 1].slot,
        html(&listing.join("\n")),
        node.w,
        node.h
    );
    for (row, line) in text(trace, block).iter().enumerate() {
        let class = if row == 0 { " class=\"head\"" } else { "" };
        let (tx, ty) = (x + PAD, y + PAD + 9.0 + row as f64 * LINE);
        let _ = write!(out, "<text{class} x=\"{tx:.1}\" y=\"{ty:.1}\">{}</text>", html(line));
    }
    out.push_str("</g>");
    out
}
