//! The tests' own `eval` at small widths is the real one at 64 and 32 bits.

use super::*;

#[test]
fn eval_of_the_tests_is_eval_of_the_machine() {
    let mut random = Random(0x5eed_0001);
    for _ in 0..20_000 {
        let (a, b) = (random.edge(), random.edge());
        for width in [Width::W64, Width::W32] {
            for op in AluOp::ALL {
                assert_eq!(eval_alu(op, 64, width, a, b), op.eval(width, a, b), "{op:?} {width:?} {a:#x} {b:#x}");
            }
            for cond in Cond::ALL {
                assert_eq!(
                    eval_cond(cond, 64, width, a, b),
                    cond.eval(width, a, b),
                    "{cond:?} {width:?} {a:#x} {b:#x}"
                );
            }
        }
    }
}
