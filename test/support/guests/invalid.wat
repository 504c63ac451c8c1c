;; Well-formed, but invalid: the function's result is an i32 and its body leaves an i64 (assembled without checks).
(module
  (memory (export "memory") 1)
  (func (export "_start"))
  (func (result i32) i64.const 1))
