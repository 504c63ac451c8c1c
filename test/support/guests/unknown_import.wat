;; Imports a function that no host of WASI has.
(module
  (import "moon" "orbit" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
