;; Passes the ends of its memory, and beyond, to the host; exits with the sum of the errnos mod 251, which is 84 if
;; each of the four calls is refused with FAULT (21).
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (call $proc_exit (i32.rem_u
      (i32.add
        (i32.add (call $fd_write (i32.const 1) (i32.const 65532) (i32.const 1) (i32.const 0))
                 (call $random_get (i32.const 65535) (i32.const 2)))
        (i32.add (call $random_get (i32.const -1) (i32.const -1))
                 (call $args_sizes_get (i32.const 0) (i32.const 65533))))
      (i32.const 251)))))
