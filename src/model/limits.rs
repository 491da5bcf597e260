//! Every bound on what can grow, in one place.
//!
//! Records come from other people's machines, so each is checked when it is read as well as when
//! it is written.

/// Largest record, in bytes of JSON.
pub const RECORD_BYTES_MAX: usize = 64 * 1024;
/// Deepest nesting of arrays and objects in a record.
pub const RECORD_DEPTH_MAX: usize = 16;
/// Longest canonical key, in bytes before it is escaped.
pub const KEY_BYTES_MAX: usize = 1024;
/// Most keys in one request.
pub const KEYS_MAX: usize = 256;
/// Longest name of an agent or a session, in bytes.
pub const NAME_BYTES_MAX: usize = 64;
/// Longest free text (a reason, a title), in bytes.
pub const TEXT_BYTES_MAX: usize = 1024;
/// Longest escaped component of a place in the state tree, in bytes.
pub const COMPONENT_BYTES_MAX: usize = 200;
/// Most entries that are kept of each list of a refused operation.
pub const REFUSED_ENTRIES_MAX: usize = 16;
/// Most holders of one shared lock.
pub const HOLDERS_MAX: usize = 64;
/// Shortest lease, in seconds.
pub const TTL_SECS_MIN: u64 = 60;
/// Longest lease, in seconds.
pub const TTL_SECS_MAX: u64 = 8 * 60 * 60;
/// Lease when none is asked for, in seconds; the same through every face.
pub const TTL_SECS_DEFAULT: u64 = 30 * 60;
/// Longest body of a task, a message or a handoff, in bytes.
pub const LONG_BYTES_MAX: usize = 16 * 1024;
/// Longest word (a label, a kind, a capability), in bytes.
pub const WORD_BYTES_MAX: usize = 64;
/// Most words, keys, ids or lines in one list of a record.
pub const LIST_MAX: usize = 256;
/// Most features that are not over.
pub const FEATURES_MAX: usize = 1_000;
/// Most entries of a feature's metadata.
pub const METADATA_MAX: usize = 64;
/// Most records that one request makes.
pub const BATCH_MAX: usize = 1_000;
/// Largest text that tasks are read from, in bytes.
pub const IMPORT_BYTES_MAX: usize = 4 * 1024 * 1024;
