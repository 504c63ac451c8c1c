(module
  (import "wasi" "thread-spawn" (func (param i64) (result i32)))
  (import "any" "name" (memory 1 1 shared))
  (func (export "_start"))
  (func (export "wasi_thread_start") (param i32 i32)))
