// Entry into the guest and the ways out, for x86_64 System V. See activation.h.
#if defined(__x86_64__)

        .text

// rdi: activation, rsi: stack top or 0, rdx: function, rcx: its argument
        .globl  wasmedge_guest_enter
        .hidden wasmedge_guest_enter
        .type   wasmedge_guest_enter, @function
        .p2align 4
wasmedge_guest_enter:
        .cfi_startproc
        endbr64
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pushq   %rbx
        .cfi_offset %rbx, -24
        pushq   %r12
        .cfi_offset %r12, -32
        pushq   %r13
        .cfi_offset %r13, -40
        pushq   %r14
        .cfi_offset %r14, -48
        pushq   %r15
        .cfi_offset %r15, -56
        subq    $8, %rsp                # calls want 16-byte alignment
        movq    %rsp, (%rdi)            # Activation::host_sp
        testq   %rsi, %rsi
        cmovneq %rsi, %rsp
        movq    %rcx, %rdi
        callq   *%rdx
        leaq    -48(%rbp), %rsp         # back on the caller's stack
        .cfi_def_cfa %rsp, 64
        jmp     wasmedge_guest_landing
        .cfi_endproc
        .size   wasmedge_guest_enter, . - wasmedge_guest_enter

// rsp: Activation::host_sp
        .globl  wasmedge_guest_landing
        .hidden wasmedge_guest_landing
        .type   wasmedge_guest_landing, @function
        .p2align 4
wasmedge_guest_landing:
        .cfi_startproc
        .cfi_def_cfa %rsp, 64
        .cfi_offset %rbp, -16
        .cfi_offset %rbx, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        popq    %r15
        .cfi_adjust_cfa_offset -8
        popq    %r14
        .cfi_adjust_cfa_offset -8
        popq    %r13
        .cfi_adjust_cfa_offset -8
        popq    %r12
        .cfi_adjust_cfa_offset -8
        popq    %rbx
        .cfi_adjust_cfa_offset -8
        popq    %rbp
        .cfi_adjust_cfa_offset -8
        retq
        .cfi_endproc
        .size   wasmedge_guest_landing, . - wasmedge_guest_landing

// rdi: activation
        .globl  wasmedge_guest_unwind
        .hidden wasmedge_guest_unwind
        .type   wasmedge_guest_unwind, @function
        .p2align 4
wasmedge_guest_unwind:
        .cfi_startproc
        endbr64
        movq    (%rdi), %rsp
        jmp     wasmedge_guest_landing
        .cfi_endproc
        .size   wasmedge_guest_unwind, . - wasmedge_guest_unwind

// rdi: HostTarget. Other registers are the host function's parameters already.
        .globl  wasmedge_host_adapter
        .hidden wasmedge_host_adapter
        .type   wasmedge_host_adapter, @function
        .p2align 4
wasmedge_host_adapter:
        .cfi_startproc
        endbr64
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        movq    16(%rdi), %r10          # HostTarget::spill
        movq    24(%rdi), %r11          # HostTarget::stack_words, not 0
        leaq    1(%r11), %rax
        andq    $-2, %rax               # calls want 16-byte alignment
        shlq    $3, %rax
        subq    %rax, %rsp
1:      decq    %r11
        movq    %r11, %rax
        shlq    $4, %rax
        movq    (%r10,%rax), %rax
        movq    %rax, (%rsp,%r11,8)
        testq   %r11, %r11
        jnz     1b
        movq    (%rdi), %rax            # HostTarget::code
        movq    8(%rdi), %rdi           # HostTarget::context
        callq   *%rax
        leave
        .cfi_def_cfa %rsp, 8
        retq
        .cfi_endproc
        .size   wasmedge_host_adapter, . - wasmedge_host_adapter

// Builtins::exception_throw. rdi: context, rsi: exception. Never returns: goes on at a landing pad, in
// the state of its frame's call.
        .globl  wasmedge_exception_throw
        .hidden wasmedge_exception_throw
        .type   wasmedge_exception_throw, @function
        .p2align 4
wasmedge_exception_throw:
        .cfi_startproc
        endbr64
        movq    (%rsp), %rcx
        leaq    8(%rsp), %rax
        pushq   %rax                    # Registers::sp
        pushq   %rcx                    # the return address is the last of Registers::saved
        pushq   %r15
        pushq   %r14
        pushq   %r13
        pushq   %r12
        pushq   %rbp
        pushq   %rbx
        .cfi_def_cfa_offset 72
        movq    %rsp, %rdi
        subq    $8, %rsp                # calls want 16-byte alignment
        .cfi_def_cfa_offset 80
        callq   wasmedge_exception_unwind
        addq    $8, %rsp
        .cfi_def_cfa_offset 72
        popq    %rbx
        popq    %rbp
        popq    %r12
        popq    %r13
        popq    %r14
        popq    %r15
        movq    (%rsp), %rcx
        movq    8(%rsp), %rsp
        xorl    %edx, %edx              # rax, rdx: what a landing pad is given
        jmpq    *%rcx
        .cfi_endproc
        .size   wasmedge_exception_throw, . - wasmedge_exception_throw

#endif

        .section .note.GNU-stack, "", %progbits
