#pragma once

// How emit_simd*.cc define the instructions of a family: FAMILY(DEFINE, operation, expression) for
// each shape that has the operation, the expression being one of the operands.

#define VECTOR_UNARY(id, shape, expression)       \
  void FunctionEmitter::id(const wasm::NoImm&) {  \
    llvm::Value* value = pop_lanes(Shape::shape); \
    push_lanes(expression);                       \
  }

#define VECTOR_BINARY(id, shape, expression)      \
  void FunctionEmitter::id(const wasm::NoImm&) {  \
    llvm::Value* right = pop_lanes(Shape::shape); \
    llvm::Value* left = pop_lanes(Shape::shape);  \
    push_lanes(expression);                       \
  }

/// The first two are of the shape, `third` is on top of the stack.
#define VECTOR_TERNARY(id, shape, expression)      \
  void FunctionEmitter::id(const wasm::NoImm&) {   \
    llvm::Value* third = pop_lanes(Shape::shape);  \
    llvm::Value* second = pop_lanes(Shape::shape); \
    llvm::Value* first = pop_lanes(Shape::shape);  \
    push_lanes(expression);                        \
  }

/// To an i32.
#define VECTOR_TEST(id, shape, expression)        \
  void FunctionEmitter::id(const wasm::NoImm&) {  \
    llvm::Value* value = pop_lanes(Shape::shape); \
    push(expression);                             \
  }

#define SMALL_INTEGERS(define, operation, expression) \
  define(i8x16_##operation, i8x16, expression) define(i16x8_##operation, i16x8, expression)

#define INTEGERS(define, operation, expression) \
  SMALL_INTEGERS(define, operation, expression) \
  define(i32x4_##operation, i32x4, expression) define(i64x2_##operation, i64x2, expression)

#define FLOATS(define, operation, expression) \
  define(f32x4_##operation, f32x4, expression) define(f64x2_##operation, f64x2, expression)
