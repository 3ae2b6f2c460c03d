//! A reverse proxy whose plugins are proved safe: pingora does HTTP, Stingless runs what decides about requests and
//! responses, and swaps it while traffic flows.
//!
//! [`filter`] is the door to the plugins; everything else is a proxy as anybody would write it, and what the demo needs
//! to show it at work: an upstream, a bounded load driver, statistics.
#![forbid(unsafe_code)]

pub mod demo;
pub mod filter;
pub mod httpd;
pub mod load;
pub mod metrics;
pub mod proxy;
pub mod stats;
pub mod timing;
pub mod view;
