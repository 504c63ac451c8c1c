;; A program of the older module name, whose fd_seek counts whence as current, end, set: writes "abc" to /data's file
;; "old", goes back one from the end, writes "X", and exits with the position, 3.
(module
  (import "wasi_unstable" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_unstable" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "old")
  (data (i32.const 8) "abc")
  (data (i32.const 16) "X")
  (data (i32.const 32) "\08\00\00\00\03\00\00\00")
  (data (i32.const 40) "\10\00\00\00\01\00\00\00")
  (func $must (param i32) (if (local.get 0) (then (call $proc_exit (i32.add (i32.const 100) (local.get 0))))))
  (func (export "_start") (local $fd i32)
    (call $must (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 1)
      (i64.const 0x200066) (i64.const 0) (i32.const 0) (i32.const 64)))
    (local.set $fd (i32.load (i32.const 64)))
    (call $must (call $fd_write (local.get $fd) (i32.const 32) (i32.const 1) (i32.const 72)))
    (call $must (call $fd_seek (local.get $fd) (i64.const -1) (i32.const 1) (i32.const 80)))
    (call $must (call $fd_write (local.get $fd) (i32.const 40) (i32.const 1) (i32.const 72)))
    (call $must (call $fd_seek (local.get $fd) (i64.const 0) (i32.const 0) (i32.const 80)))
    ;; The size lies at 24 in this layout.
    (call $must (call $fd_filestat_get (local.get $fd) (i32.const 128)))
    (if (i64.ne (i64.load (i32.const 152)) (i64.load (i32.const 80))) (then (call $proc_exit (i32.const 99))))
    (call $proc_exit (i32.wrap_i64 (i64.load (i32.const 80))))))
