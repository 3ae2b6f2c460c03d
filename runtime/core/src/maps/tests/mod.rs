//! Tests of maps, by subject.

mod model;
