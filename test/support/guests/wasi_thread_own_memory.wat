;; A shared memory that the module defines itself, with contents: all threads have it, and a new
;; thread does not put the contents back.
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1 1 shared)
  (data (i32.const 16) "\01\00\00\00")
  (func (export "wasi_thread_start") (param i32 i32)
    (drop (i32.atomic.rmw.add (i32.const 16) (i32.const 10)))
    (i32.atomic.store (i32.const 32) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 32) (i32.const 1))))
  (func (export "_start")
    (i32.atomic.store (i32.const 16) (i32.const 20))
    (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 1)) (then unreachable))
    (drop (memory.atomic.wait32 (i32.const 32) (i32.const 0) (i64.const -1)))
    (call $exit (i32.atomic.load (i32.const 16)))))
