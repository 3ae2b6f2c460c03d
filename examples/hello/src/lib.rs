//! The README, whose host is compiled and run as a doctest.
#![doc = include_str!("../../../README.md")]
