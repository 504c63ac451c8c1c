# cmake -DCMAKE_TOOLCHAIN_FILE=test/cross/toolchain.cmake -DWASMEDGE_ARCHITECTURE=aarch64|riscv64
# Debian's cross compilers. Header-only libraries are this machine's; WASMEDGE_LIBRARIES is where the others are.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES WASMEDGE_ARCHITECTURE)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${WASMEDGE_ARCHITECTURE})
set(CMAKE_C_COMPILER ${WASMEDGE_ARCHITECTURE}-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER ${WASMEDGE_ARCHITECTURE}-linux-gnu-g++)
