//! Live counters in Prometheus' text format.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use stingless::maps::Map;

use crate::filter::{Filters, Row};

/// What became of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The upstream's answer reached the client.
    Passed,
    /// A plugin forbade it.
    Denied,
    /// A plugin found it one too many.
    Limited,
    /// A plugin trapped, and the proxy fails closed.
    Trapped,
    /// The proxy failed: no upstream, a broken connection, a client that left.
    #[default]
    Failed,
}

impl Outcome {
    const NAMES: [&str; 5] = ["passed", "denied", "limited", "trapped", "failed"];
}

/// Counters of the proxy itself.
#[derive(Debug, Default)]
pub struct Traffic {
    outcomes: [AtomicU64; 5],
    /// Connections that are open.
    pub connections: AtomicU64,
}

impl Traffic {
    /// Counts a request that ended.
    pub fn ended(&self, outcome: Outcome) {
        self.outcomes[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Requests that ended so.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes[outcome as usize].load(Ordering::Relaxed)
    }
}

/// The text of `/metrics`.
#[must_use]
pub fn render(traffic: &Traffic, filters: &Filters) -> String {
    let mut page = Page::default();
    page.family("proxy_requests_total", "counter", "Requests that ended, by what became of them.");
    for (name, count) in Outcome::NAMES.iter().zip(&traffic.outcomes) {
        page.sample(&[("outcome", name)], count.load(Ordering::Relaxed));
    }
    page.family("proxy_connections", "gauge", "Client connections that are open.");
    page.sample(&[], traffic.connections.load(Ordering::Relaxed));
    let rows: Vec<Row<'_>> = filters.programs().collect();
    programs(&mut page, &rows);
    maps(&mut page, &rows);
    routes(&mut page, filters);
    page.text
}

type Read = fn(&Row<'_>) -> u64;

/// Counters of each program: name, help, how to read it.
const PROGRAM_COUNTERS: [(&str, &str, Read); 3] = [
    ("stingless_plugin_calls_total", "Calls of a program.", |r| r.counters.timing.count()),
    ("stingless_plugin_nanoseconds_total", "Time in calls of a program.", |r| r.counters.timing.sum_ns()),
    ("stingless_plugin_traps_total", "Calls that trapped.", |r| load(&r.counters.traps)),
];

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn programs(page: &mut Page, rows: &[Row<'_>]) {
    for (name, help, read) in PROGRAM_COUNTERS {
        page.family(name, "counter", help);
        for row in rows {
            page.sample(&labels(row), read(row));
        }
    }
    page.family("stingless_plugin_nanoseconds", "gauge", "Time of a call, by quantile since the start.");
    for row in rows {
        for (quantile, percent) in [("0.5", 50.0), ("0.99", 99.0)] {
            let [hook, plugin, program] = labels(row);
            let ns = row.counters.timing.percentile_ns(percent);
            page.sample(&[hook, plugin, program, ("quantile", quantile)], ns);
        }
    }
    page.family("stingless_plugin_verdicts_total", "counter", "Calls by their verdict.");
    for row in rows {
        for (verdict, count) in ["pass", "deny", "limit"].iter().zip(&row.counters.verdicts) {
            let [hook, plugin, program] = labels(row);
            page.sample(&[hook, plugin, program, ("verdict", verdict)], load(count));
        }
    }
    page.family("stingless_plugin_reloads_total", "counter", "Reloads while running, by whether they were taken.");
    for row in rows {
        for (result, count) in [("ok", &row.counters.reloaded), ("refused", &row.counters.refused)] {
            let [hook, plugin, program] = labels(row);
            page.sample(&[hook, plugin, program, ("result", result)], load(count));
        }
    }
}

fn labels<'a>(row: &Row<'a>) -> [(&'static str, &'a str); 3] {
    [("hook", row.hook), ("plugin", row.plugin), ("program", row.program)]
}

fn maps(page: &mut Page, rows: &[Row<'_>]) {
    let mut seen: BTreeMap<(&str, &str), &Map> = BTreeMap::new();
    for row in rows {
        seen.extend(row.collection.maps().map(|(name, map)| ((row.plugin, name), map)));
    }
    page.family("stingless_map_entries", "gauge", "Elements of a map.");
    for ((plugin, map), live) in &seen {
        page.sample(&[("plugin", plugin), ("map", map)], live.len() as u64);
    }
    page.family("stingless_map_max_entries", "gauge", "Elements that a map has room for.");
    for ((plugin, map), live) in &seen {
        page.sample(&[("plugin", plugin), ("map", map)], live.spec().max_entries.into());
    }
}

/// What the plugin `routes` counts: the host reads the maps that the plugin writes.
fn routes(page: &mut Page, filters: &Filters) {
    page.family("proxy_route_requests_total", "counter", "Requests that passed, by first segment of their path.");
    for (route, count) in route_counts(filters) {
        page.sample(&[("route", &route)], count);
    }
    page.family("proxy_status_class_total", "counter", "Responses of the upstream, by class of their status.");
    for (class, count) in status_counts(filters) {
        page.sample(&[("class", &class)], count);
    }
}

/// Requests by route, from the plugin's hash map.
#[must_use]
pub fn route_counts(filters: &Filters) -> BTreeMap<String, u64> {
    let Some(map) = filters.map("routes", "routes") else { return BTreeMap::new() };
    let Ok(map) = map.typed::<[u8; 16], u64>() else { return BTreeMap::new() };
    let Ok(entries) = map.iter() else { return BTreeMap::new() };
    entries.map(|(key, count)| (text(&key), count)).collect()
}

/// Responses by class of their status (`2xx`), from the plugin's array.
#[must_use]
pub fn status_counts(filters: &Filters) -> BTreeMap<String, u64> {
    let Some(map) = filters.map("routes", "statuses") else { return BTreeMap::new() };
    let Ok(map) = map.typed::<u32, u64>() else { return BTreeMap::new() };
    (1..=5u32).filter_map(|class| Some((format!("{class}xx"), map.get(&class)?))).collect()
}

fn text(padded: &[u8]) -> String {
    let len = padded.iter().position(|&b| b == 0).unwrap_or(padded.len());
    String::from_utf8_lossy(&padded[..len]).into_owned()
}

#[derive(Default)]
struct Page {
    text: String,
    family: &'static str,
}

impl Page {
    fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.family = name;
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, labels: &[(&str, &str)], value: u64) {
        self.text.push_str(self.family);
        for (i, (name, value)) in labels.iter().enumerate() {
            let open = if i == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{open}{name}=\"{}\"", escaped(value));
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        let _ = writeln!(self.text, " {value}");
    }
}

/// A label's value: clients choose paths, so quotes and line ends must not leave it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_without_plugins_has_its_own_counters() {
        let traffic = Traffic::default();
        traffic.ended(Outcome::Passed);
        traffic.ended(Outcome::Limited);
        let text = render(&traffic, &Filters::none());
        assert!(text.contains("# TYPE proxy_requests_total counter\nproxy_requests_total{outcome=\"passed\"} 1\n"));
        assert!(text.contains("proxy_requests_total{outcome=\"limited\"} 1\n"));
        assert!(text.contains("\nproxy_connections 0\n"));
    }

    #[test]
    fn labels_cannot_break_out_of_their_quotes() {
        let mut page = Page { family: "f", ..Page::default() };
        page.sample(&[("route", "/a\"} 1\n\\"), ("b", "c")], 7);
        assert_eq!(page.text, "f{route=\"/a\\\"} 1\\n\\\\\",b=\"c\"} 7\n");
    }

    #[test]
    fn padding_is_no_part_of_a_name() {
        assert_eq!(text(b"/api\0\0\0\0"), "/api");
        assert_eq!(text(b"/0123456789abcde"), "/0123456789abcde");
        assert_eq!(text(&[0; 16]), "");
    }
}
