//! Programs of an object, linked by our linker and loaded into the live kernel.

use std::fmt;
use std::io;
use std::os::fd::AsFd as _;

use stingless_isa::encode;
use stingless_object::{Env, LinkError, LinkErrorKind, Object, Unit, link};

use super::btf::FuncBtf;
use super::kfunc::resolve;
use super::map::KernelMap;
use super::prog::{KernelProg, LoadError, Source};

/// Why a program could not be loaded.
#[derive(Debug)]
pub enum UnitError {
    /// Our linker's reason.
    Link(LinkError),
    /// A variable's value does not fit.
    Contents(LinkErrorKind),
    /// A map was refused.
    Map(String, io::Error),
    /// The program was refused.
    Load(LoadError),
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnitError::Link(err) => write!(f, "{err}"),
            UnitError::Contents(err) => write!(f, "{err:?}"),
            UnitError::Map(name, err) => write!(f, "map `{name}`: {err}"),
            UnitError::Load(err) => write!(f, "{err}"),
        }
    }
}

impl std::error::Error for UnitError {}

/// A program of the live kernel with the maps of its object.
#[derive(Debug)]
pub struct KernelProgram {
    /// The program.
    pub prog: KernelProg,
    /// Every map of the object, in its order.
    pub maps: Vec<KernelMap>,
    /// Programs in prog arrays.
    pub others: Vec<KernelProg>,
}

impl KernelProgram {
    /// Links one program of an object, creates and fills all maps, loads it and the programs in its prog arrays.
    ///
    /// # Errors
    /// The first thing that is refused, by whom.
    pub fn load(object: &Object, program: usize, env: &Env) -> Result<KernelProgram, UnitError> {
        let mut maps = Vec::new();
        for (at, def) in object.maps().iter().enumerate() {
            let err = |err| UnitError::Map(def.name.clone(), err);
            let none = || err(io::Error::other("a kind that is not there"));
            let map = KernelMap::create(def.spec.as_ref().ok_or_else(none)?).map_err(err)?;
            if let Some(bytes) = object.contents(at, env).map_err(UnitError::Contents)? {
                map.update(&[0; 4], &bytes, 0).map_err(err)?;
            }
            if def.frozen {
                map.freeze().map_err(err)?;
            }
            maps.push(map);
        }
        let prog = load_one(object, program, env, &maps)?;
        let mut others = Vec::new();
        for (def, map) in object.maps().iter().zip(&maps) {
            for (index, name) in &def.programs {
                let Some(at) = object.program(name) else { continue };
                let target = load_one(object, at, env, &maps)?;
                map.set_program(*index, target.as_fd()).map_err(|err| UnitError::Map(def.name.clone(), err))?;
                others.push(target);
            }
        }
        Ok(KernelProgram { prog, maps, others })
    }

    /// The map with this name.
    #[must_use]
    pub fn map(&self, name: &str) -> Option<&KernelMap> {
        self.maps.iter().find(|m| m.spec().name == name)
    }
}

fn load_one(object: &Object, program: usize, env: &Env, maps: &[KernelMap]) -> Result<KernelProg, UnitError> {
    let unit = link(object, program, env).map_err(UnitError::Link)?;
    let used: Vec<&KernelMap> = unit.maps.iter().map(|m| &maps[m.origin as usize]).collect();
    KernelProg::load_unit(&unit, object.license(), &used).map_err(UnitError::Load)
}

impl KernelProg {
    /// Loads a unit; `maps` are those of the unit, in its order.
    ///
    /// # Errors
    /// The system's. A unit that cannot be encoded is refused as invalid, with the encoder's words as the log.
    pub fn load_unit(unit: &Unit, license: &str, maps: &[&KernelMap]) -> Result<KernelProg, LoadError> {
        let invalid = |log| LoadError { error: io::ErrorKind::InvalidInput.into(), log };
        let mut insns = encode(&unit.code).map_err(|err| invalid(err.to_string()))?;
        resolve(unit, &mut insns).map_err(invalid)?;
        let funcs = FuncBtf::of(unit, unit.hook.ctx().map_or("", |c| &c.name));
        let prog_type = unit.hook.linux_type;
        let source =
            Source { name: &unit.name, section: &unit.section, prog_type, insns: &insns, license, funcs: Some(&funcs) };
        KernelProg::load(source, maps)
    }
}
