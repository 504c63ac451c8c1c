;; Imports a function of WASI, and exports its memory under another name than the one WASI uses.
(module
  (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
  (memory (export "mem") 1)
  (func (export "_start")))
