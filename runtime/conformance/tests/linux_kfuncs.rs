//! Functions that programs call by name, against the live kernel's: which of them a hook has.

use std::collections::BTreeSet;
use std::sync::Arc;

use stingless::abi::{Effects, FIRST_KFUNC_ID, HelperSet, HookDef, Proto, ProtoTable, Ret, kfunc_id};
use stingless_conformance::kernel::{Caps, KernelProg, available, kfuncs, with_caps};
use stingless_conformance::programs::Host;
use stingless_isa::assemble;
use stingless_object::Unit;

const HOOKS: [&str; 3] = ["xdp", "tc", "socket_filter"];

/// What Linux's hooks have and ours do not: by the reason, beginnings of names that end with `*`.
const LACKING: &[(&str, &[&str])] = &[
    ("only programs that sleep call it", &["bpf_arena_*", "bpf_copy_from_user_*", "bpf_iter_dmabuf_*"]),
    ("only programs that sleep call it", &["bpf_iter_kmem_cache_*"]),
    ("of the kernel's own objects: tasks, control groups, keys, files, caches", &["bpf_cgroup_*", "bpf_task_*"]),
    ("of the kernel's own objects", &["bpf_iter_css_*", "bpf_iter_task_*", "bpf_key_put", "bpf_lookup_*_key"]),
    ("of the kernel's own objects", &["bpf_get_kmem_cache", "bpf_send_signal_task", "bpf_crypto_*"]),
    ("types of the kernel", &["bpf_cast_to_kern_ctx", "bpf_rdonly_cast", "bpf_probe_read_*_dynptr"]),
    ("memory that programs allocate", &["bpf_obj_*", "bpf_percpu_obj_*", "bpf_refcount_acquire_impl"]),
    ("memory that programs allocate", &["bpf_list_*", "bpf_rbtree_*"]),
    ("work that is put off, interrupts, locks against them", &["bpf_wq_*", "bpf_local_irq_*", "bpf_res_spin_*"]),
    ("connection tracking", &["bpf_ct_*", "bpf_skb_ct_*", "bpf_xdp_ct_*"]),
    ("IPsec", &["bpf_xdp_get_xfrm_state", "bpf_xdp_xfrm_state_release"]),
    ("SYN cookies of the host", &["bpf_sk_assign_tcp_reqsk"]),
    ("iterators over bits", &["bpf_iter_bits_*"]),
    ("for tests of the kernel", &["bpf_kfunc_call_*_release", "bpf_modify_return_test_tp"]),
    ("what a compiler calls for undefined behaviour", &["__bpf_trap"]),
];

/// What ours have and Linux's do not, which does no harm.
const MORE: &[(&str, &str)] = &[("socket_filter", "bpf_throw")];

/// Only programs that are bound to a device call these in Linux, XDP's all of them.
const OF_A_DEVICE: &str = "bpf_xdp_metadata_rx_";

fn is_lacking(name: &str) -> bool {
    let fits = |pattern: &&str| match pattern.split_once('*') {
        Some((start, end)) => name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
        None => name == *pattern,
    };
    LACKING.iter().any(|(_, patterns)| patterns.iter().any(fits))
}

/// Why the live kernel refuses a program of that type that calls a function; `None` where it does not.
fn refusal(hook: &Arc<HookDef>, name: &str) -> Option<String> {
    let id = kfunc_id(name);
    let row = Proto {
        id,
        name: name.to_owned().into(),
        args: Vec::new().into(),
        ret: Ret::ANY,
        c_ret: "long".into(),
        effects: Effects::default(),
        doc: "".into(),
    };
    let code = assemble(&format!("call {id}\nr0 = 0\nexit\n")).unwrap();
    let mut unit = Unit::from_code("probe", code, Vec::new(), ProtoTable::new([Arc::new(row)]), hook.clone());
    unit.gpl = true;
    let load = || KernelProg::load_unit(&unit, "GPL", &[]).map(drop).map_err(|e| e.to_string());
    with_caps(Caps::Full, load).unwrap().err()
}

/// Every hook has the functions that Linux gives its type, but for those listed, and no other.
#[test]
fn each_hook_has_linuxs_functions() {
    let host = Host::new(stingless::EngineKind::Interp).unwrap();
    let mut wrong = Vec::new();
    let mut common = 0;
    for name in HOOKS {
        let hook = host.linker.hook_named(name).unwrap().clone();
        let HelperSet::Only(allowed) = &hook.helpers else { panic!("{name} allows every helper") };
        let protos = host.linker.protos();
        let named = protos.iter().filter(|p| p.id >= FIRST_KFUNC_ID && allowed.contains(&p.id));
        let own: BTreeSet<String> = named.map(|p| p.name.to_string()).collect();
        assert!(own.len() >= 30, "{name} has {}", own.len());
        if !available() {
            continue;
        }
        let mut theirs = BTreeSet::new();
        for kfunc in kfuncs() {
            let refused = refusal(&hook, kfunc).unwrap_or_default();
            if !refused.contains("is not allowed") && (name == "xdp" || !kfunc.starts_with(OF_A_DEVICE)) {
                theirs.insert(kfunc.to_owned());
            }
        }
        let (missing, more) = (theirs.difference(&own), own.difference(&theirs));
        wrong.extend(missing.filter(|f| !is_lacking(f)).map(|f| format!("{name}: {f} is lacking")));
        let more = more.filter(|f| !MORE.contains(&(name, f.as_str())));
        wrong.extend(more.map(|f| format!("{name}: Linux has no {f}")));
        wrong.extend(own.iter().filter(|f| is_lacking(f)).map(|f| format!("{name}: {f} is not lacking")));
        common += own.intersection(&theirs).count();
    }
    println!("{common} functions that both have");
    assert!(wrong.is_empty(), "{}:\n  {}", wrong.len(), wrong.join("\n  "));
    assert!(common > 80 || !available(), "{common}");
}
