"""Writes registers.wat: exceptions restore what calls preserve.

More integers and floats are alive across a call that throws than there are such registers, and the frames that the
exception leaves have used them, too. Status 5 if all are as they were, 6 if not; then, if there is an argument, a
recursion without end, whose frames hold more vectors than registers do.
"""

NUMBERS, VECTORS = 14, 60


def mixes(name, parameters, between):
    """A function whose result depends on every value that is alive while `between` runs."""
    lines = [f"(func ${name} (param $x i64) (param $y f64) {parameters} (result i64)"]
    lines += [f"(local $i{n} i64) (local $f{n} f64)" for n in range(NUMBERS)]
    for n in range(NUMBERS):
        lines.append(f"(local.set $i{n} (i64.mul (local.get $x) (i64.const {2 * n + 3})))")
        lines.append(f"(local.set $f{n} (f64.mul (local.get $y) (f64.const {n + 1.5})))")
    lines.append(between)
    for n in range(NUMBERS):
        lines.append(f"(local.set $x (i64.xor (i64.rotl (local.get $x) (i64.const 7)) (local.get $i{n})))")
        lines.append(f"(local.set $y (f64.add (f64.mul (local.get $y) (f64.const 0.75)) (local.get $f{n})))")
    return "\n".join([*lines, "(i64.xor (local.get $x) (i64.reinterpret_f64 (local.get $y))))"])


def deep():
    lines = ["(func $deep (param $p i32) (result i32)"]
    lines += [f"(local $v{n} v128)" for n in range(VECTORS)]
    lines += [f"(local.set $v{n} (v128.load offset={16 * n} (local.get $p)))" for n in range(VECTORS)]
    lines.append("(local.set $p (call $deep (i32.add (local.get $p) (i32.const 1))))")
    lines += [f"(v128.store offset={16 * n} (local.get $p) (local.get $v{n}))" for n in range(VECTORS)]
    return "\n".join([*lines, "(local.get $p))"])


print(f"""(module
(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
(import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
(memory (export "memory") 4)
(tag $e (param i64))
(func $throw (param i64 f64) (throw $e (local.get 0)))
{mixes("plain", "", "")}
{mixes("thrower", "(param $depth i32)", '''
  (if (i32.eqz (local.get $depth))
    (then (call $throw (local.get $x) (local.get $y)))
    (else (drop (call $thrower (local.get $i3) (local.get $f5) (i32.sub (local.get $depth) (i32.const 1))))))''')}
{mixes("caught", "", "(try (do (drop (call $thrower (local.get $i1) (local.get $f2) (i32.const 9)))) (catch $e (drop)))")}
{deep()}
(func (export "_start")
  (if (i64.ne (call $caught (i64.const 0x123456789abcdef) (f64.const 1.25))
              (call $plain (i64.const 0x123456789abcdef) (f64.const 1.25)))
    (then (call $exit (i32.const 6))))
  (drop (call $args (i32.const 0) (i32.const 4)))
  (if (i32.gt_u (i32.load (i32.const 0)) (i32.const 1)) (then (drop (call $deep (i32.const 0)))))
  (call $exit (i32.const 5))))""")
