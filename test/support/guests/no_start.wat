;; A valid module that is no command: it exports no _start.
(module
  (memory (export "memory") 1)
  (func (export "run")))
