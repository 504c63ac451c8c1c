#pragma once

// WASMEDGE_ASAN, WASMEDGE_TSAN: 1 in builds with AddressSanitizer, with ThreadSanitizer; else 0.
// g++ defines a macro for each, clang answers __has_feature.

#if defined(__has_feature)
#define WASMEDGE_HAS_FEATURE(name) __has_feature(name)
#else
#define WASMEDGE_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || WASMEDGE_HAS_FEATURE(address_sanitizer)
#define WASMEDGE_ASAN 1
#else
#define WASMEDGE_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || WASMEDGE_HAS_FEATURE(thread_sanitizer)
#define WASMEDGE_TSAN 1
#else
#define WASMEDGE_TSAN 0
#endif
