//! The host's side of loading: hooks, helpers, state and global variables, collected once and used for many objects.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use stingless_abi::object::SOCK_COMMON;
use stingless_abi::{ArgKind, FIRST_NAMED_ID, HookDef, Limits, ObjectAction, Proto, ProtoTable, RefClass, Ret};
use stingless_object::btf::HostTypes;
use stingless_object::{KconfigValue, Object, Unit};

use crate::caller::HostState;
use crate::collection::{Collection, LoadedEach};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::helper::{HelperRow, HelperSource};
use crate::hook::{Ctx, HookParts};
use crate::load::Load;
use crate::sys::closure::{self, HelperFn};

/// Collects what plugins may use, then loads objects.
///
/// Nothing is registered twice: the row of a helper is what verifier, compiler and header generator read.
#[derive(Clone)]
pub struct Linker {
    pub(crate) engine: Engine,
    pub(crate) hooks: Vec<Arc<HookDef>>,
    pub(crate) helpers: BTreeMap<u32, HelperRow>,
    pub(crate) host: HostState,
    pub(crate) globals: BTreeMap<String, Vec<u8>>,
    pub(crate) kconfig: BTreeMap<String, KconfigValue>,
    pub(crate) types: Vec<Arc<HostTypes>>,
    next_named: u32,
}

impl Linker {
    /// A linker that knows no hook and no helper yet.
    #[must_use]
    pub fn new(engine: &Engine) -> Linker {
        Linker {
            engine: engine.clone(),
            hooks: Vec::new(),
            helpers: BTreeMap::new(),
            host: HostState::default(),
            globals: BTreeMap::new(),
            kconfig: BTreeMap::new(),
            types: Vec::new(),
            next_named: FIRST_NAMED_ID,
        }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Registers the hook of a context type, with the helpers it names.
    ///
    /// # Errors
    /// Another hook of that name, or another helper of one of the numbers.
    pub fn hook<H: Ctx>(&mut self) -> Result<&mut Self> {
        self.hook_parts(H::def())
    }

    /// Registers a hook given as data.
    ///
    /// # Errors
    /// See [`Linker::hook`].
    pub fn hook_parts(&mut self, parts: HookParts) -> Result<&mut Self> {
        if let Some(known) = self.hooks.iter().find(|h| h.name == parts.hook.name)
            && **known != parts.hook
        {
            return Err(Error::Conflict {
                what: "hook",
                claimed: parts.hook.name.to_string(),
                holder: format!("another context, {}", known.ctx().map_or("memory", |c| &c.name)),
            });
        }
        self.helpers(&parts.helpers)?;
        self.hooks.retain(|h| h.name != parts.hook.name);
        self.hooks.push(Arc::new(parts.hook));
        Ok(self)
    }

    /// Registers a helper or a set of them.
    ///
    /// # Errors
    /// Another helper of that number or name.
    pub fn helpers(&mut self, source: &dyn HelperSource) -> Result<&mut Self> {
        let mut rows = Vec::new();
        source.add_rows(&mut rows);
        for row in rows {
            self.add(row)?;
        }
        Ok(self)
    }

    /// Registers a closure as helper `id`. Its prototype is read off its argument types; all of it are numbers.
    ///
    /// # Errors
    /// Another helper of that number or name.
    pub fn helper<Args, F: HelperFn<Args>>(&mut self, id: u32, name: &str, f: F) -> Result<&mut Self> {
        self.add(closure::row(id, name, f))?;
        Ok(self)
    }

    /// Registers a closure that plugins call by name alone (`extern u64 name(...) __ksym;`).
    ///
    /// # Errors
    /// Another helper of that name.
    pub fn named_helper<Args, F: HelperFn<Args>>(&mut self, name: &str, f: F) -> Result<&mut Self> {
        let id = self.next_named;
        self.add(closure::row(id, name, f))?;
        self.next_named += 1;
        Ok(self)
    }

    /// Loads a helper pack: a shared library that exports `stingless_helper_pack` (`stingless_helper.h`; in Rust
    /// [`helper_pack!`](crate::helper_pack)). It stays loaded as long as a linker or program has its helpers.
    ///
    /// # Errors
    /// The file does not load, exports no table or one of another version, or its helpers clash with others.
    pub fn pack(&mut self, path: impl AsRef<Path>) -> Result<&mut Self> {
        for row in crate::sys::pack::open(path.as_ref())? {
            self.add(row)?;
        }
        Ok(self)
    }

    fn add(&mut self, row: HelperRow) -> Result<()> {
        if let Some((found, wanted)) = unclear(&row.proto) {
            return Err(Error::setting(&row.proto.name, &found, wanted));
        }
        if let Some(known) = self.helpers.get(&row.proto.id)
            && *known.proto != *row.proto
        {
            return Err(Error::Conflict {
                what: "helper number",
                claimed: row.proto.id.to_string(),
                holder: known.proto.name.to_string(),
            });
        }
        let same_name = self.helpers.values().find(|r| r.proto.name == row.proto.name && r.proto.id != row.proto.id);
        if let Some(known) = same_name {
            return Err(Error::Conflict {
                what: "helper name",
                claimed: row.proto.name.to_string(),
                holder: format!("helper {}", known.proto.id),
            });
        }
        self.helpers.insert(row.proto.id, row);
        Ok(())
    }

    /// Lends state to helpers: [`Caller::host`](crate::Caller::host) finds it by its type.
    pub fn host<T: Any + Send + Sync>(&mut self, value: T) -> &mut Self {
        self.host.insert(value);
        self
    }

    /// Sets a global variable of every object that has it, before verification: a `const volatile` one becomes a
    /// constant that the proof sees. The bytes are the variable's, in native order.
    pub fn global(&mut self, name: &str, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.globals.insert(name.to_owned(), bytes.as_ref().to_vec());
        self
    }

    /// Sets a `__kconfig` variable (`CONFIG_HZ`). [`KconfigValue::config`] reads a whole `.config`, `parse` one value.
    pub fn kconfig(&mut self, name: &str, value: KconfigValue) -> &mut Self {
        self.kconfig.insert(name.to_owned(), value);
        self
    }

    /// Adds types that CO-RE relocates plugins against (`/sys/kernel/btf/vmlinux`, another object). The hook's own context
    /// comes first, then these in the order of the calls; the first that has a type of the right name answers.
    pub fn types(&mut self, types: HostTypes) -> &mut Self {
        self.types.push(Arc::new(types));
        self
    }

    /// All helpers, as the verifier sees them.
    #[must_use]
    pub fn protos(&self) -> ProtoTable {
        ProtoTable::new(self.helpers.values().map(|r| r.proto.clone()))
    }

    /// All helpers, in order of their number.
    pub fn helper_rows(&self) -> impl Iterator<Item = &Proto> {
        self.helpers.values().map(|r| &*r.proto)
    }

    /// Links one program of an object, without verifying it: for listings. A program of a section that no hook takes is
    /// linked as one of the first hook.
    ///
    /// # Errors
    /// What cannot be linked.
    pub fn unit(&self, object: &Object, program: usize) -> Result<Unit> {
        Load::new(self).unit_of(object, program)
    }

    /// Like [`Linker::unit`], as one of the hook with this name, whatever its section says.
    ///
    /// # Errors
    /// No such hook, or what cannot be linked.
    pub fn unit_as(&self, object: &Object, program: usize, hook: &str) -> Result<Unit> {
        let hook = self.hook_named(hook)?.clone();
        Load::new(self).hook(Some(hook)).unit_of(object, program)
    }

    /// The limits of the engine that this linker loads for.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.engine.limits()
    }

    /// All hooks.
    #[must_use]
    pub fn hooks(&self) -> &[Arc<HookDef>] {
        &self.hooks
    }

    /// The hook with this name.
    ///
    /// # Errors
    /// [`Error::NotFound`] with the names there are.
    pub fn hook_named(&self, name: &str) -> Result<&Arc<HookDef>> {
        self.hooks.iter().find(|h| h.name == name).ok_or_else(|| Error::NotFound {
            what: "hook",
            name: name.to_owned(),
            known: self.hooks.iter().map(|h| h.name.to_string()).collect(),
        })
    }

    /// Links, verifies and compiles all programs of an object.
    ///
    /// # Errors
    /// The first one found; nothing is loaded then.
    pub fn load(&self, object: &Object) -> Result<Collection> {
        Load::new(self).object(object)?.strict()
    }

    /// Links, verifies and compiles an object's programs one by one.
    ///
    /// # Errors
    /// What concerns the whole object (a map that cannot be created); what concerns one program is in the result.
    pub fn load_each(&self, object: &Object) -> Result<LoadedEach> {
        Load::new(self).object(object)?.each()
    }

    /// Like [`Linker::load_each`], taking every program as one of the hook with this name, whatever its section says.
    ///
    /// # Errors
    /// No such hook, or as for [`Linker::load_each`].
    pub fn load_each_as(&self, object: &Object, hook: &str) -> Result<LoadedEach> {
        let hook = self.hook_named(hook)?.clone();
        Load::new(self).hook(Some(hook)).object(object)?.each()
    }
}

/// Why a helper's prototype does not say all that a proof needs: what there is, and what is wanted.
///
/// A proof speaks of "the map argument", "the callback" and so on, and looks at one way to go on; and what a body can take
/// back, lock or unlock, its effects must say.
fn unclear(proto: &Proto) -> Option<(String, &'static str)> {
    let count = |is: fn(&ArgKind) -> bool| proto.args.iter().filter(|a| is(&a.kind)).count();
    let step = |k: &ArgKind| matches!(k, ArgKind::Object { action: ObjectAction::Step, .. });
    let single = [
        (count(|k| matches!(k, ArgKind::Map(_))), "map arguments", "at most one map argument"),
        (count(|k| matches!(k, ArgKind::Callback(_))), "callbacks", "at most one callback"),
        (count(|k| matches!(k, ArgKind::CallbackCtx)), "callback contexts", "at most one callback context"),
        (count(|k| matches!(k, ArgKind::SpinLock)), "spin locks", "at most one spin lock"),
        (count(step), "iterators to step", "at most one iterator to step"),
    ];
    if let Some((found, what, wanted)) = single.into_iter().find(|s| s.0 > 1) {
        return Some((format!("{found} {what}"), wanted));
    }
    let (dynptrs, objects) =
        (count(|k| matches!(k, ArgKind::Dynptr(_))), count(|k| matches!(k, ArgKind::HostObject(_))));
    let clones = count(|k| matches!(k, ArgKind::DynptrClone));
    if dynptrs > 1 && (clones > 0 || matches!(proto.ret, Ret::ViewOrNull { .. })) {
        return Some((format!("{dynptrs} dynptrs"), "one dynptr, of which the result is a view or a copy"));
    }
    if objects > 1 && matches!(proto.ret, Ret::HostOrNull { .. }) {
        return Some((format!("{objects} sockets"), "one socket, of which the result is a part"));
    }
    if let Some(len) = lengths_collide(proto) {
        return Some((
            format!("register {} for the length of a text", len + 1),
            "one behind the arguments, for it alone",
        ));
    }
    let effects = proto.effects;
    if count(|k| matches!(k, ArgKind::Callback(_))) > 0 && (effects.throws || effects.tail_call || count(step) > 0) {
        return Some(("a callback".into(), "none in a helper that throws, tail-calls or steps an iterator"));
    }
    if count(|k| matches!(k, ArgKind::SpinLock)) > 0 && effects.lock.is_none() {
        return Some(("a spin lock".into(), "the effect `locks` or `unlocks`"));
    }
    let takes = |k: &ArgKind| {
        matches!(k, ArgKind::Acquired(RefClass::RingbufRecord)) || *k == ArgKind::Acquired(RefClass::Host(SOCK_COMMON))
    };
    let taken = (0..).zip(proto.args.iter()).find(|&(at, a)| takes(&a.kind) && effects.releases != Some(at));
    taken.map(|(at, _)| (format!("argument {} is taken back", at + 1), "the effect `releases_arg1`"))
}

/// The register of a text's length that is an argument's, or another text's, or none.
fn lengths_collide(proto: &Proto) -> Option<u8> {
    let lengths = proto.args.iter().filter_map(|a| if let ArgKind::Text { len } = a.kind { Some(len) } else { None });
    let mut seen = 0u8;
    for len in lengths {
        if usize::from(len) < proto.args.len() || len >= 5 || seen & 1 << len != 0 {
            return Some(len);
        }
        seen |= 1 << len;
    }
    None
}

#[cfg(test)]
mod tests {
    use stingless_abi::{Arg, CallbackKind, DynptrUse, Effects, MapKinds, ObjectKind};

    use super::*;

    fn found(kinds: &[ArgKind], ret: Ret, effects: Effects) -> Option<&'static str> {
        let args: Vec<Arg> = kinds.iter().map(|&kind| Arg { name: "a".into(), c_type: "long".into(), kind }).collect();
        let name = "helper".into();
        let proto = Proto { id: 1, name, args: args.into(), ret, c_ret: "long".into(), effects, doc: "".into() };
        unclear(&proto).map(|(_, wanted)| wanted)
    }

    /// What a proof takes for the one of its kind must be the only one: a second callback would run unproved, a second
    /// context would be taken for the first, a part of the second socket would outlive it.
    #[test]
    fn prototypes_leave_no_choice() {
        const CALL: ArgKind = ArgKind::Callback(CallbackKind::Loop);
        const STEP: ArgKind = ArgKind::Object { kind: ObjectKind::IterNum, action: ObjectAction::Step };
        const READ: ArgKind = ArgKind::Dynptr(DynptrUse::Read);
        const SOCKET: ArgKind = ArgKind::HostObject(SOCK_COMMON);
        const VIEW: Ret = Ret::ViewOrNull { size_arg: 2, writable: false };
        const PART: Ret = Ret::HostOrNull { class: SOCK_COMMON, same: true };
        let (map, none) = (ArgKind::Map(MapKinds(1)), Effects::default());
        let twice: [(&[ArgKind], Ret); 8] = [
            (&[map], Ret::ANY),
            (&[CALL], Ret::ANY),
            (&[ArgKind::CallbackCtx], Ret::ANY),
            (&[STEP], Ret::ANY),
            (&[READ], VIEW),
            (&[SOCKET], PART),
            (&[READ], Ret::ANY),
            (&[SOCKET], Ret::ANY),
        ];
        for (at, (one, ret)) in twice.into_iter().enumerate() {
            assert_eq!(found(one, ret, none), None, "{one:?}");
            assert_eq!(found(&[one, one].concat(), ret, none).is_some(), at < 6, "{one:?} twice");
        }
        assert!(found(&[READ, READ, ArgKind::DynptrClone], Ret::ANY, none).is_some());
        assert!(found(&[STEP, CALL], Ret::ANY, none).is_some());
        let text = |len| ArgKind::Text { len };
        assert_eq!(found(&[text(2), text(3)], Ret::ANY, none), None);
        for lens in [[1, 2], [2, 2], [3, 5], [0, 2], [2, 1]] {
            assert!(found(&lens.map(text), Ret::ANY, none).is_some(), "{lens:?}");
        }
        for effects in [Effects { throws: true, ..none }, Effects { tail_call: true, ..none }] {
            assert!(found(&[CALL], Ret::ANY, effects).is_some());
            assert_eq!(found(&[ArgKind::Scalar], Ret::ANY, effects), None);
        }
    }

    /// What a body can do with an argument, its effects must say.
    #[test]
    fn prototypes_say_what_is_taken_back_and_locked() {
        let none = Effects::default();
        let releases = Effects { releases: Some(0), ..none };
        for class in [RefClass::RingbufRecord, RefClass::Host(SOCK_COMMON)] {
            let taken = ArgKind::Acquired(class);
            assert_eq!(found(&[taken], Ret::ANY, releases), None);
            assert!(found(&[taken], Ret::ANY, none).is_some());
            assert!(found(&[ArgKind::Scalar, taken], Ret::ANY, releases).is_some());
            assert!(found(&[taken, taken], Ret::ANY, releases).is_some());
        }
        // Objects that are lent are looked at without being taken back.
        assert_eq!(found(&[ArgKind::Acquired(RefClass::Host(7))], Ret::ANY, none), None);
        assert!(found(&[ArgKind::SpinLock], Ret::ANY, none).is_some());
        let locks = Effects { lock: Some(true), ..none };
        assert_eq!(found(&[ArgKind::SpinLock], Ret::ANY, locks), None);
        assert!(found(&[ArgKind::SpinLock, ArgKind::SpinLock], Ret::ANY, locks).is_some());
    }
}
