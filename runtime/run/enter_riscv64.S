// Entry into the guest and the ways out, for riscv64 (LP64D). See activation.h.
#if defined(__riscv)

        .text

// What a call preserves, from sp on: s0 to s11, ra, fs0 to fs11; the order of FrameRegisters.
        .macro  each_register integer, float
        \integer s0, 0(sp)
        \integer s1, 8(sp)
        \integer s2, 16(sp)
        \integer s3, 24(sp)
        \integer s4, 32(sp)
        \integer s5, 40(sp)
        \integer s6, 48(sp)
        \integer s7, 56(sp)
        \integer s8, 64(sp)
        \integer s9, 72(sp)
        \integer s10, 80(sp)
        \integer s11, 88(sp)
        \integer ra, 96(sp)
        \float  fs0, 104(sp)
        \float  fs1, 112(sp)
        \float  fs2, 120(sp)
        \float  fs3, 128(sp)
        \float  fs4, 136(sp)
        \float  fs5, 144(sp)
        \float  fs6, 152(sp)
        \float  fs7, 160(sp)
        \float  fs8, 168(sp)
        \float  fs9, 176(sp)
        \float  fs10, 184(sp)
        \float  fs11, 192(sp)
        .endm

#define FRAME 208

        .macro describe_registers
        .cfi_offset s0, -FRAME
        .cfi_offset s1, -FRAME + 8
        .cfi_offset s2, -FRAME + 16
        .cfi_offset s3, -FRAME + 24
        .cfi_offset s4, -FRAME + 32
        .cfi_offset s5, -FRAME + 40
        .cfi_offset s6, -FRAME + 48
        .cfi_offset s7, -FRAME + 56
        .cfi_offset s8, -FRAME + 64
        .cfi_offset s9, -FRAME + 72
        .cfi_offset s10, -FRAME + 80
        .cfi_offset s11, -FRAME + 88
        .cfi_offset ra, -FRAME + 96
        .endm

// a0: activation, a1: stack top or 0, a2: function, a3: its argument
        .globl  wasmedge_guest_enter
        .hidden wasmedge_guest_enter
        .type   wasmedge_guest_enter, @function
        .p2align 2
wasmedge_guest_enter:
        .cfi_startproc
        addi    sp, sp, -FRAME
        .cfi_def_cfa_offset FRAME
        each_register sd, fsd
        describe_registers
        mv      s0, sp
        .cfi_def_cfa s0, FRAME
        sd      sp, 0(a0)               // Activation::host_sp
        beqz    a1, 1f
        mv      sp, a1
1:      mv      a0, a3
        jalr    a2
        mv      sp, s0                  // back on the caller's stack
        .cfi_def_cfa sp, FRAME
        j       wasmedge_guest_landing
        .cfi_endproc
        .size   wasmedge_guest_enter, . - wasmedge_guest_enter

// sp: Activation::host_sp
        .globl  wasmedge_guest_landing
        .hidden wasmedge_guest_landing
        .type   wasmedge_guest_landing, @function
        .p2align 2
wasmedge_guest_landing:
        .cfi_startproc
        .cfi_def_cfa sp, FRAME
        describe_registers
        each_register ld, fld
        addi    sp, sp, FRAME
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   wasmedge_guest_landing, . - wasmedge_guest_landing

// a0: activation
        .globl  wasmedge_guest_unwind
        .hidden wasmedge_guest_unwind
        .type   wasmedge_guest_unwind, @function
        .p2align 2
wasmedge_guest_unwind:
        .cfi_startproc
        ld      sp, 0(a0)
        j       wasmedge_guest_landing
        .cfi_endproc
        .size   wasmedge_guest_unwind, . - wasmedge_guest_unwind

// a0: HostTarget. Other registers are the host function's parameters already.
        .globl  wasmedge_host_adapter
        .hidden wasmedge_host_adapter
        .type   wasmedge_host_adapter, @function
        .p2align 2
wasmedge_host_adapter:
        .cfi_startproc
        addi    sp, sp, -16
        .cfi_def_cfa_offset 16
        sd      ra, 8(sp)
        .cfi_offset ra, -8
        sd      s0, 0(sp)
        .cfi_offset s0, -16
        addi    s0, sp, 16
        .cfi_def_cfa s0, 0
        ld      t0, 16(a0)              // HostTarget::spill
        ld      t1, 24(a0)              // HostTarget::stack_words, not 0
        addi    t2, t1, 1
        andi    t2, t2, -2              // the stack is aligned to 16 bytes
        slli    t2, t2, 3
        sub     sp, sp, t2
1:      addi    t1, t1, -1
        slli    t2, t1, 4
        add     t2, t2, t0
        ld      t3, 0(t2)
        slli    t2, t1, 3
        add     t2, t2, sp
        sd      t3, 0(t2)
        bnez    t1, 1b
        ld      t0, 0(a0)               // HostTarget::code
        ld      a0, 8(a0)               // HostTarget::context
        jalr    t0
        addi    sp, s0, -16
        .cfi_def_cfa sp, 16
        ld      ra, 8(sp)
        ld      s0, 0(sp)
        addi    sp, sp, 16
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   wasmedge_host_adapter, . - wasmedge_host_adapter

// Builtins::exception_throw. a0: context, a1: exception. Never returns: goes on at a landing pad, in
// the state of its frame's call. On the stack: Registers, the saved ones and sp.
        .globl  wasmedge_exception_throw
        .hidden wasmedge_exception_throw
        .type   wasmedge_exception_throw, @function
        .p2align 2
wasmedge_exception_throw:
        .cfi_startproc
        mv      t0, sp
        addi    sp, sp, -FRAME
        .cfi_def_cfa_offset FRAME
        each_register sd, fsd
        .cfi_offset ra, -FRAME + 96
        sd      t0, 200(sp)
        mv      a0, sp
        call    wasmedge_exception_unwind
        each_register ld, fld
        ld      sp, 200(sp)
        li      a1, 0                   // a0, a1: what a landing pad is given
        jr      ra
        .cfi_endproc
        .size   wasmedge_exception_throw, . - wasmedge_exception_throw

#endif

        .section .note.GNU-stack, "", %progbits
