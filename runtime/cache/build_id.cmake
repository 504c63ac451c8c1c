# cmake -D OUTPUT=file.cc -D SALT=text -D ROOT=folder -D SOURCES=a;b;… -P build_id.cmake
# Writes compiler_build(): a digest of the sources' contents and of SALT (what else decides the code).
set(digests "${SALT}")
foreach(source IN LISTS SOURCES)
  file(SHA256 ${ROOT}/${source} digest)
  string(APPEND digests " ${source}:${digest}")
endforeach()
string(SHA256 build "${digests}")
string(SUBSTRING ${build} 0 32 build)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include "runtime/cache/key.h"

namespace wasmedge::cache {

std::string_view compiler_build() {
  return "@build@";
}

}  // namespace wasmedge::cache
]])
