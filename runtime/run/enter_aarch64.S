// Entry into the guest and the ways out, for aarch64 (AAPCS64). See activation.h.
#if defined(__aarch64__)

        .text

// What a call preserves, below the caller's stack pointer: x29, x30, x19 to x28, d8 to d15.
#define FRAME 160

        .macro save_registers
        stp     x29, x30, [sp, #-FRAME]!
        .cfi_def_cfa_offset FRAME
        stp     x19, x20, [sp, #16]
        stp     x21, x22, [sp, #32]
        stp     x23, x24, [sp, #48]
        stp     x25, x26, [sp, #64]
        stp     x27, x28, [sp, #80]
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        .endm

        .macro describe_registers
        .cfi_offset x29, -FRAME
        .cfi_offset x30, -FRAME + 8
        .cfi_offset x19, -FRAME + 16
        .cfi_offset x20, -FRAME + 24
        .cfi_offset x21, -FRAME + 32
        .cfi_offset x22, -FRAME + 40
        .cfi_offset x23, -FRAME + 48
        .cfi_offset x24, -FRAME + 56
        .cfi_offset x25, -FRAME + 64
        .cfi_offset x26, -FRAME + 72
        .cfi_offset x27, -FRAME + 80
        .cfi_offset x28, -FRAME + 88
        .endm

// x0: activation, x1: stack top or 0, x2: function, x3: its argument
        .globl  wasmedge_guest_enter
        .hidden wasmedge_guest_enter
        .type   wasmedge_guest_enter, %function
        .p2align 4
wasmedge_guest_enter:
        .cfi_startproc
        save_registers
        describe_registers
        mov     x29, sp
        .cfi_def_cfa_register x29
        str     x29, [x0]               // Activation::host_sp
        cbz     x1, 1f
        mov     sp, x1
1:      mov     x0, x3
        blr     x2
        mov     sp, x29                 // back on the caller's stack
        .cfi_def_cfa sp, FRAME
        b       wasmedge_guest_landing
        .cfi_endproc
        .size   wasmedge_guest_enter, . - wasmedge_guest_enter

// sp: Activation::host_sp
        .globl  wasmedge_guest_landing
        .hidden wasmedge_guest_landing
        .type   wasmedge_guest_landing, %function
        .p2align 4
wasmedge_guest_landing:
        .cfi_startproc
        .cfi_def_cfa sp, FRAME
        describe_registers
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        ldp     x29, x30, [sp], #FRAME
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   wasmedge_guest_landing, . - wasmedge_guest_landing

// x0: activation
        .globl  wasmedge_guest_unwind
        .hidden wasmedge_guest_unwind
        .type   wasmedge_guest_unwind, %function
        .p2align 4
wasmedge_guest_unwind:
        .cfi_startproc
        ldr     x9, [x0]
        mov     sp, x9
        b       wasmedge_guest_landing
        .cfi_endproc
        .size   wasmedge_guest_unwind, . - wasmedge_guest_unwind

// x0: HostTarget. Other registers are the host function's parameters already.
        .globl  wasmedge_host_adapter
        .hidden wasmedge_host_adapter
        .type   wasmedge_host_adapter, %function
        .p2align 4
wasmedge_host_adapter:
        .cfi_startproc
        stp     x29, x30, [sp, #-16]!
        .cfi_def_cfa_offset 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        mov     x29, sp
        .cfi_def_cfa_register x29
        ldr     x9, [x0, #16]           // HostTarget::spill
        ldr     x10, [x0, #24]          // HostTarget::stack_words, not 0
        add     x11, x10, #1
        and     x11, x11, #~1           // the stack is aligned to 16 bytes
        sub     sp, sp, x11, lsl #3
1:      sub     x10, x10, #1
        add     x11, x9, x10, lsl #4
        ldr     x11, [x11]
        str     x11, [sp, x10, lsl #3]
        cbnz    x10, 1b
        ldr     x9, [x0]                // HostTarget::code
        ldr     x0, [x0, #8]            // HostTarget::context
        blr     x9
        mov     sp, x29
        ldp     x29, x30, [sp], #16
        .cfi_def_cfa sp, 0
        ret
        .cfi_endproc
        .size   wasmedge_host_adapter, . - wasmedge_host_adapter

// Builtins::exception_throw. x0: context, x1: exception. Never returns: goes on at a landing pad, in
// the state of its frame's call. On the stack: Registers, 20 saved ones and sp.
        .globl  wasmedge_exception_throw
        .hidden wasmedge_exception_throw
        .type   wasmedge_exception_throw, %function
        .p2align 4
wasmedge_exception_throw:
        .cfi_startproc
        mov     x9, sp
        sub     sp, sp, #176
        .cfi_def_cfa_offset 176
        stp     x19, x20, [sp, #0]
        stp     x21, x22, [sp, #16]
        stp     x23, x24, [sp, #32]
        stp     x25, x26, [sp, #48]
        stp     x27, x28, [sp, #64]
        stp     x29, x30, [sp, #80]
        .cfi_offset x30, -88
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        str     x9, [sp, #160]
        mov     x0, sp
        bl      wasmedge_exception_unwind
        ldp     x19, x20, [sp, #0]
        ldp     x21, x22, [sp, #16]
        ldp     x23, x24, [sp, #32]
        ldp     x25, x26, [sp, #48]
        ldp     x27, x28, [sp, #64]
        ldp     x29, x30, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        ldr     x9, [sp, #160]
        mov     sp, x9
        mov     x1, xzr                 // x0, x1: what a landing pad is given
        br      x30
        .cfi_endproc
        .size   wasmedge_exception_throw, . - wasmedge_exception_throw

#endif

        .section .note.GNU-stack, "", %progbits
