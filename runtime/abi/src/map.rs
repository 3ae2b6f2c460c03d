//! Map kinds (one row each) and the shape of a map.

macro_rules! map_kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $linux:literal, key: $key:expr, value: $value:expr, flags: $flags:expr;)*) => {
        /// Kind of a map, numbered as Linux's `enum bpf_map_type`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum MapKind { $($(#[$doc])* $name = $number,)* }

        /// The table: kind, Linux name without prefix in lower case, size rules and flags.
        const ROWS: &[MapKindRow] = &[$(MapKindRow { kind: MapKind::$name, name: $linux, key: $key, value: $value, flags: $flags },)*];
    };
}

/// Which sizes a map kind takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeRule {
    /// Exactly this many bytes.
    Exactly(u32),
    /// From the first to the second, inclusive.
    Between(u32, u32),
}

/// One row of the table of map kinds.
#[derive(Clone, Copy, Debug)]
pub struct MapKindRow {
    /// The kind.
    pub kind: MapKind,
    /// Linux's name: `BPF_MAP_TYPE_` dropped, in lower case.
    pub name: &'static str,
    /// Key sizes, in bytes.
    pub key: SizeRule,
    /// Value sizes, in bytes.
    pub value: SizeRule,
    /// Creation flags that may be set.
    pub flags: u32,
}

/// `BPF_F_NO_PREALLOC`.
pub const F_NO_PREALLOC: u32 = 1;
/// `BPF_F_NO_COMMON_LRU`.
pub const F_NO_COMMON_LRU: u32 = 1 << 1;
/// `BPF_F_NUMA_NODE`: accepted and ignored.
pub const F_NUMA_NODE: u32 = 1 << 2;
/// `BPF_F_RDONLY`: the host may only read.
pub const F_RDONLY: u32 = 1 << 3;
/// `BPF_F_WRONLY`: the host may only write.
pub const F_WRONLY: u32 = 1 << 4;
/// `BPF_F_ZERO_SEED`.
pub const F_ZERO_SEED: u32 = 1 << 6;
/// `BPF_F_CLONE`: a socket that is made of another has its value, too; the host sees to it.
pub const F_CLONE: u32 = 1 << 9;
/// `BPF_F_RDONLY_PROG`: programs may only read.
pub const F_RDONLY_PROG: u32 = 1 << 7;
/// `BPF_F_WRONLY_PROG`: programs may only write.
pub const F_WRONLY_PROG: u32 = 1 << 8;
/// `BPF_F_MMAPABLE`.
pub const F_MMAPABLE: u32 = 1 << 10;
/// `BPF_F_INNER_MAP`.
pub const F_INNER_MAP: u32 = 1 << 12;

/// `bpf_map_update_elem` flag: create or replace.
pub const BPF_ANY: u64 = 0;
/// `bpf_map_update_elem` flag: create only.
pub const BPF_NOEXIST: u64 = 1;
/// `bpf_map_update_elem` flag: replace only.
pub const BPF_EXIST: u64 = 2;
/// `bpf_map_update_elem` and lookup flag: under the value's spin lock.
pub const BPF_F_LOCK: u64 = 4;

const ACCESS: u32 = F_RDONLY | F_WRONLY | F_RDONLY_PROG | F_WRONLY_PROG;
const HASH_FLAGS: u32 = F_NO_PREALLOC | F_NUMA_NODE | F_ZERO_SEED | ACCESS;
/// Linux: key and value of a hash element together stay below `KMALLOC_MAX_SIZE`; keys at most `MAX_BPF_STACK`.
const HASH_KEY: SizeRule = SizeRule::Between(1, 512);
const ANY_VALUE: SizeRule = SizeRule::Between(1, (4 << 20) - 512 - 64);

map_kinds! {
    /// Hash table.
    Hash = 1, "hash", key: HASH_KEY, value: ANY_VALUE, flags: HASH_FLAGS;
    /// Array, preallocated and zeroed.
    Array = 2, "array", key: SizeRule::Exactly(4), value: SizeRule::Between(1, i32::MAX as u32), flags: F_NUMA_NODE | ACCESS | F_MMAPABLE | F_INNER_MAP;
    /// Programs that can be tail-called.
    ProgArray = 3, "prog_array", key: SizeRule::Exactly(4), value: SizeRule::Exactly(4), flags: ACCESS & !(F_RDONLY_PROG | F_WRONLY_PROG);
    /// Hash table with one value per execution slot.
    PercpuHash = 5, "percpu_hash", key: HASH_KEY, value: SizeRule::Between(1, 32 << 10), flags: HASH_FLAGS;
    /// Array with one value per execution slot.
    PercpuArray = 6, "percpu_array", key: SizeRule::Exactly(4), value: SizeRule::Between(1, 32 << 10), flags: F_NUMA_NODE | ACCESS;
    /// Hash table that evicts the least recently used element when full.
    LruHash = 9, "lru_hash", key: HASH_KEY, value: ANY_VALUE, flags: F_NO_COMMON_LRU | F_NUMA_NODE | F_ZERO_SEED | ACCESS;
    /// Where `bpf_perf_event_output` writes to: one buffer per CPU.
    PerfEventArray = 4, "perf_event_array", key: SizeRule::Exactly(4), value: SizeRule::Exactly(4), flags: F_NUMA_NODE | ACCESS;
    /// Control groups.
    CgroupArray = 8, "cgroup_array", key: SizeRule::Exactly(4), value: SizeRule::Exactly(4), flags: F_NUMA_NODE | ACCESS;
    /// LRU hash table with one value per execution slot.
    LruPercpuHash = 10, "lru_percpu_hash", key: HASH_KEY, value: SizeRule::Between(1, 32 << 10), flags: F_NO_COMMON_LRU | F_NUMA_NODE | F_ZERO_SEED | ACCESS;
    /// Prefixes: a 32-bit length and up to 256 bytes; lookups find the longest one that matches.
    LpmTrie = 11, "lpm_trie", key: SizeRule::Between(5, 260), value: SizeRule::Between(1, (4 << 20) - 512 - 64), flags: F_NO_PREALLOC | F_NUMA_NODE | ACCESS;
    /// Array of maps of one shape.
    ArrayOfMaps = 12, "array_of_maps", key: SizeRule::Exactly(4), value: SizeRule::Exactly(4), flags: F_NUMA_NODE | F_RDONLY | F_WRONLY;
    /// Hash table of maps of one shape.
    HashOfMaps = 13, "hash_of_maps", key: HASH_KEY, value: SizeRule::Exactly(4), flags: F_NO_PREALLOC | F_NUMA_NODE | F_RDONLY | F_WRONLY;
    /// Interfaces that packets are redirected to, by index.
    Devmap = 14, "devmap", key: SizeRule::Exactly(4), value: SizeRule::Between(4, 8), flags: F_NUMA_NODE | F_RDONLY | F_WRONLY;
    /// Sockets, by index.
    Sockmap = 15, "sockmap", key: SizeRule::Exactly(4), value: SizeRule::Between(4, 8), flags: F_NUMA_NODE | F_RDONLY | F_WRONLY;
    /// CPUs that packets are redirected to.
    Cpumap = 16, "cpumap", key: SizeRule::Exactly(4), value: SizeRule::Between(4, 8), flags: F_NUMA_NODE;
    /// AF_XDP sockets that packets are redirected to, by queue.
    Xskmap = 17, "xskmap", key: SizeRule::Exactly(4), value: SizeRule::Exactly(4), flags: F_NUMA_NODE | F_RDONLY | F_WRONLY;
    /// Sockets, by key.
    Sockhash = 18, "sockhash", key: HASH_KEY, value: SizeRule::Between(4, 8), flags: F_NUMA_NODE | F_RDONLY | F_WRONLY;
    /// First in, first out.
    Queue = 22, "queue", key: SizeRule::Exactly(0), value: ANY_VALUE, flags: F_NUMA_NODE | ACCESS;
    /// Last in, first out.
    Stack = 23, "stack", key: SizeRule::Exactly(0), value: ANY_VALUE, flags: F_NUMA_NODE | ACCESS;
    /// A value for each socket that programs make one for: by the number that the host gives sockets.
    SkStorage = 24, "sk_storage", key: SizeRule::Exactly(4), value: SizeRule::Between(1, 60 << 10), flags: F_NO_PREALLOC | F_CLONE;
    /// Interfaces that packets are redirected to, by key.
    DevmapHash = 25, "devmap_hash", key: SizeRule::Exactly(4), value: SizeRule::Between(4, 8), flags: F_NUMA_NODE | F_RDONLY | F_WRONLY;
    /// Ring buffer for many producers and one consumer.
    Ringbuf = 27, "ringbuf", key: SizeRule::Exactly(0), value: SizeRule::Exactly(0), flags: F_NUMA_NODE;
    /// Ring buffer for producers outside and consumers that are programs.
    UserRingbuf = 31, "user_ringbuf", key: SizeRule::Exactly(0), value: SizeRule::Exactly(0), flags: F_NUMA_NODE;
    /// Set of values that answers "no" or "probably".
    BloomFilter = 30, "bloom_filter", key: SizeRule::Exactly(0), value: ANY_VALUE, flags: F_NUMA_NODE | F_ZERO_SEED | ACCESS;
}

impl MapKind {
    /// The kind's row.
    #[must_use]
    pub fn row(self) -> &'static MapKindRow {
        // Every variant has a row: both come from one macro.
        ROWS.iter().find(|r| r.kind == self).unwrap_or(&ROWS[0])
    }

    /// Every row.
    #[must_use]
    pub fn rows() -> &'static [MapKindRow] {
        ROWS
    }

    /// The kind with this number.
    #[must_use]
    pub fn from_number(n: u32) -> Option<MapKind> {
        ROWS.iter().map(|r| r.kind).find(|&k| k as u32 == n)
    }

    /// The kind with this Linux name, with or without `BPF_MAP_TYPE_`, in either case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<MapKind> {
        let name = name.strip_prefix("BPF_MAP_TYPE_").unwrap_or(name).to_ascii_lowercase();
        ROWS.iter().find(|r| r.name == name).map(|r| r.kind)
    }

    /// The bit of this kind in a [`MapKinds`].
    #[must_use]
    pub const fn bit(self) -> MapKinds {
        MapKinds(1 << self as u32)
    }

    /// Whether elements are deleted and reused (so that lookups must be protected by an epoch).
    #[must_use]
    pub const fn reclaims(self) -> bool {
        matches!(
            self,
            MapKind::Hash
                | MapKind::LruHash
                | MapKind::PercpuHash
                | MapKind::LruPercpuHash
                | MapKind::LpmTrie
                | MapKind::Devmap
                | MapKind::DevmapHash
                | MapKind::Xskmap
                | MapKind::ArrayOfMaps
                | MapKind::HashOfMaps
                | MapKind::SkStorage
        )
    }

    /// Whether values stand for objects of the host: programs may look at them, and never write.
    #[must_use]
    pub const fn is_handles(self) -> bool {
        matches!(
            self,
            MapKind::PerfEventArray
                | MapKind::CgroupArray
                | MapKind::Devmap
                | MapKind::DevmapHash
                | MapKind::Cpumap
                | MapKind::Xskmap
                | MapKind::Sockmap
                | MapKind::Sockhash
        )
    }

    /// Whether values are maps.
    #[must_use]
    pub const fn holds_maps(self) -> bool {
        matches!(self, MapKind::ArrayOfMaps | MapKind::HashOfMaps)
    }

    /// Whether records take the place of elements.
    #[must_use]
    pub const fn is_ring(self) -> bool {
        matches!(self, MapKind::Ringbuf | MapKind::UserRingbuf)
    }

    /// Whether values are sockets: programs put in what they have, and what they look up they give back.
    #[must_use]
    pub const fn holds_sockets(self) -> bool {
        matches!(self, MapKind::Sockmap | MapKind::Sockhash)
    }

    /// Whether each execution slot has its own value.
    #[must_use]
    pub const fn is_per_slot(self) -> bool {
        matches!(self, MapKind::PercpuHash | MapKind::PercpuArray | MapKind::LruPercpuHash)
    }
}

/// A set of map kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MapKinds(pub u64);

impl MapKinds {
    /// The set of the given kinds.
    #[must_use]
    pub const fn of(kinds: &[MapKind]) -> MapKinds {
        let mut bits = 0;
        let mut i = 0;
        while i < kinds.len() {
            bits |= kinds[i].bit().0;
            i += 1;
        }
        MapKinds(bits)
    }

    /// Whether a kind is in the set.
    #[must_use]
    pub const fn has(self, kind: MapKind) -> bool {
        self.0 & kind.bit().0 != 0
    }
}

/// The shape of a map: all that verifier and compiler know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapSpec {
    /// Name in the object; `map0` and so on where there is none.
    pub name: String,
    /// Kind.
    pub kind: MapKind,
    /// Bytes of a key.
    pub key_size: u32,
    /// Bytes of a value, as declared (storage rounds up to 8).
    pub value_size: u32,
    /// Capacity: elements, or bytes for a ring buffer.
    pub max_entries: u32,
    /// Creation flags (`BPF_F_*`).
    pub flags: u32,
    /// Fields that plain accesses may not touch.
    pub special: Vec<SpecialField>,
    /// `LIBBPF_PIN_BY_NAME` was asked for.
    pub pin_by_name: bool,
    /// BTF type ids of key and value in the object's BTF, 0 where unknown.
    pub btf: (u32, u32),
    /// What the kind takes beside (`map_extra`): hash functions of a bloom filter, 0 for five.
    pub extra: u32,
    /// Of a map of maps, the shape of those in it.
    pub inner: Option<Box<MapSpec>>,
}

/// A field of a map value that only helpers may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpecialField {
    /// What it is.
    pub kind: SpecialKind,
    /// Byte offset in the value.
    pub off: u32,
}

impl SpecialField {
    /// Whether a byte of the value belongs to the field.
    #[must_use]
    pub const fn holds(&self, byte: u32) -> bool {
        byte >= self.off && byte - self.off < self.kind.size()
    }
}

/// Kinds of special field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpecialKind {
    /// `struct bpf_spin_lock`, 4 bytes.
    SpinLock,
    /// `struct bpf_timer`, 16 bytes.
    Timer,
    /// `struct bpf_wq`, 16 bytes.
    Workqueue,
    /// `struct bpf_list_head`, 16 bytes.
    ListHead,
    /// `struct bpf_list_node`, 24 bytes.
    ListNode,
    /// `struct bpf_rb_root`, 16 bytes.
    RbRoot,
    /// `struct bpf_rb_node`, 32 bytes.
    RbNode,
    /// `struct bpf_refcount`, 4 bytes.
    Refcount,
    /// A pointer tagged `kptr`, `kptr_untrusted`, `percpu_kptr` or `uptr`, 8 bytes.
    KernelPointer,
}

impl SpecialKind {
    /// The structs among them.
    pub const STRUCTS: [SpecialKind; 8] = [
        SpecialKind::SpinLock,
        SpecialKind::Timer,
        SpecialKind::Workqueue,
        SpecialKind::ListHead,
        SpecialKind::ListNode,
        SpecialKind::RbRoot,
        SpecialKind::RbNode,
        SpecialKind::Refcount,
    ];

    /// C name of the struct; for pointers, their tag.
    #[must_use]
    pub const fn c_name(self) -> &'static str {
        match self {
            SpecialKind::SpinLock => "bpf_spin_lock",
            SpecialKind::Timer => "bpf_timer",
            SpecialKind::Workqueue => "bpf_wq",
            SpecialKind::ListHead => "bpf_list_head",
            SpecialKind::ListNode => "bpf_list_node",
            SpecialKind::RbRoot => "bpf_rb_root",
            SpecialKind::RbNode => "bpf_rb_node",
            SpecialKind::Refcount => "bpf_refcount",
            SpecialKind::KernelPointer => "kptr",
        }
    }

    /// Bytes of the field.
    #[must_use]
    pub const fn size(self) -> u32 {
        match self {
            SpecialKind::SpinLock | SpecialKind::Refcount => 4,
            SpecialKind::KernelPointer => 8,
            SpecialKind::Timer | SpecialKind::Workqueue | SpecialKind::ListHead | SpecialKind::RbRoot => 16,
            SpecialKind::ListNode => 24,
            SpecialKind::RbNode => 32,
        }
    }
}

/// A shape that cannot be created: Linux's `EINVAL` or `E2BIG`, said in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapShapeError {
    /// Name of the map.
    pub map: String,
    /// Field of the shape.
    pub field: &'static str,
    /// What was given.
    pub found: u64,
    /// What is allowed, in words.
    pub want: String,
}

impl core::fmt::Display for MapShapeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "map `{}`: {} is {}, must be {}", self.map, self.field, self.found, self.want)
    }
}

impl std::error::Error for MapShapeError {}

impl MapSpec {
    /// A shape with the five numbers that every map has.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: MapKind, key_size: u32, value_size: u32, max_entries: u32) -> MapSpec {
        MapSpec {
            name: name.into(),
            kind,
            key_size,
            value_size,
            max_entries,
            flags: 0,
            special: Vec::new(),
            pin_by_name: false,
            btf: (0, 0),
            extra: 0,
            inner: None,
        }
    }

    /// Whether programs may load from values.
    #[must_use]
    pub const fn prog_reads(&self) -> bool {
        self.flags & F_WRONLY_PROG == 0
    }

    /// Whether programs may store to values.
    #[must_use]
    pub const fn prog_writes(&self) -> bool {
        // Sockets may be put in and taken out by programs, which cannot get at the values themselves.
        self.flags & F_RDONLY_PROG == 0 && (self.kind.holds_sockets() || !self.kind.is_handles())
    }

    /// Checks the shape against the kind's row.
    ///
    /// # Errors
    /// The first field that the kind does not allow.
    pub fn check(&self) -> Result<(), MapShapeError> {
        let row = self.kind.row();
        self.check_size("key_size", self.key_size, row.key)?;
        self.check_size("value_size", self.value_size, row.value)?;
        let bad = |field, found: u64, want: String| Err(MapShapeError { map: self.name.clone(), field, found, want });
        if self.max_entries == 0 {
            return bad("max_entries", 0, "at least 1".into());
        }
        if self.kind.is_ring() && (!self.max_entries.is_power_of_two() || self.max_entries < 4096) {
            return bad(
                "max_entries",
                self.max_entries.into(),
                "a power of two and a multiple of the page size 4096".into(),
            );
        }
        if self.kind == MapKind::LpmTrie && self.flags & F_NO_PREALLOC == 0 {
            return bad("flags", self.flags.into(), "with BPF_F_NO_PREALLOC for lpm_trie".into());
        }
        if self.kind == MapKind::SkStorage && self.flags & F_NO_PREALLOC == 0 {
            return bad("flags", self.flags.into(), "with BPF_F_NO_PREALLOC for sk_storage".into());
        }
        self.check_inner()?;
        let extra = self.flags & !row.flags;
        if extra != 0 {
            return bad("flags", self.flags.into(), format!("a subset of {:#x} for {}", row.flags, row.name));
        }
        self.check_special()?;
        for (both, names) in [
            (F_RDONLY | F_WRONLY, "BPF_F_RDONLY and BPF_F_WRONLY"),
            (F_RDONLY_PROG | F_WRONLY_PROG, "BPF_F_RDONLY_PROG and BPF_F_WRONLY_PROG"),
        ] {
            if self.flags & both == both {
                return bad("flags", self.flags.into(), format!("without both of {names}"));
            }
        }
        Ok(())
    }

    /// Which kinds take values with special fields, and where those may be.
    fn check_special(&self) -> Result<(), MapShapeError> {
        let bad = |found: u64, want: &str| {
            Err(MapShapeError { map: self.name.clone(), field: "special", found, want: want.to_owned() })
        };
        let locks = self.special.iter().filter(|f| f.kind == SpecialKind::SpinLock).count();
        if locks > 1 {
            return bad(locks as u64, "at most 1 spin lock");
        }
        for field in &self.special {
            // Nothing touches the other fields: they are there so that plain accesses do not.
            let kinds: &[MapKind] = match field.kind {
                SpecialKind::SpinLock => &[MapKind::Hash, MapKind::Array, MapKind::SkStorage],
                SpecialKind::Timer => &[MapKind::Hash, MapKind::LruHash, MapKind::Array],
                SpecialKind::Workqueue
                | SpecialKind::ListHead
                | SpecialKind::ListNode
                | SpecialKind::RbRoot
                | SpecialKind::RbNode
                | SpecialKind::Refcount
                | SpecialKind::KernelPointer => continue,
            };
            if !kinds.contains(&self.kind) {
                return bad(1, "0: values of this kind hold no spin lock or timer");
            }
            let end = u64::from(field.off) + u64::from(field.kind.size());
            if !field.off.is_multiple_of(4) || end > u64::from(self.value_size) {
                return bad(field.off.into(), "an offset inside of the value, aligned to 4");
            }
            if self.flags & (F_RDONLY_PROG | F_WRONLY_PROG) != 0 {
                return bad(1, "0 in a map that programs may only read or only write");
            }
        }
        Ok(())
    }

    /// A map of maps says what is in it; other maps do not.
    fn check_inner(&self) -> Result<(), MapShapeError> {
        let bad = |found: u64, want: &str| {
            Err(MapShapeError { map: self.name.clone(), field: "inner map", found, want: want.to_owned() })
        };
        let Some(inner) = &self.inner else {
            return if self.kind.holds_maps() {
                bad(0, "described with __array(values, struct { .. })")
            } else {
                Ok(())
            };
        };
        if !self.kind.holds_maps() {
            return bad(1, "absent: this kind holds no maps");
        }
        if inner.kind.holds_maps() || inner.kind == MapKind::ProgArray {
            return bad((inner.kind as u32).into(), "of a kind other than maps of maps and prog arrays");
        }
        if !inner.special.is_empty() {
            return bad(inner.special.len() as u64, "without locks, timers and other special fields in its values");
        }
        inner.check()
    }

    /// The first field in which a map differs from this shape, which a map of maps takes: its name, what there is, and what
    /// is wanted. Numbers of elements matter for arrays alone, whose indices may be proved once and for all.
    #[must_use]
    pub fn differs_inside(&self, found: &MapSpec) -> Option<(&'static str, String, String)> {
        let counted = matches!(self.kind, MapKind::Array | MapKind::PercpuArray);
        let entries = if counted { self.max_entries } else { found.max_entries };
        let special = |spec: &MapSpec| format!("{:?}", spec.special);
        let fields = [
            ("type", found.kind.row().name.to_owned(), self.kind.row().name.to_owned()),
            ("key_size", found.key_size.to_string(), self.key_size.to_string()),
            ("value_size", found.value_size.to_string(), self.value_size.to_string()),
            ("flags", format!("{:#x}", found.flags), format!("{:#x}", self.flags)),
            ("map_extra", found.extra.to_string(), self.extra.to_string()),
            ("special fields", special(found), special(self)),
            ("max_entries", found.max_entries.to_string(), entries.to_string()),
        ];
        fields.into_iter().find(|(_, found, want)| found != want)
    }

    fn check_size(&self, field: &'static str, found: u32, rule: SizeRule) -> Result<(), MapShapeError> {
        let (ok, want) = match rule {
            SizeRule::Exactly(n) => (found == n, format!("{n}")),
            SizeRule::Between(a, b) => (found >= a && found <= b, format!("{a}..={b}")),
        };
        if ok { Ok(()) } else { Err(MapShapeError { map: self.name.clone(), field, found: found.into(), want }) }
    }
}
