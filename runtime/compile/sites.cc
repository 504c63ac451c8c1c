#include "runtime/compile/sites.h"

#include <llvm/DebugInfo/DWARF/DWARFContext.h>

#include <algorithm>

namespace wasmedge::compile {

Result<> read_sites(const llvm::object::ObjectFile& elf, const KeptSections& kept,
                    std::vector<Site>& sites) {
  std::string complaint;
  const auto complain = [&complaint](llvm::Error error) {
    complaint = llvm::toString(std::move(error));
  };
  const std::unique_ptr<llvm::DWARFContext> dwarf = llvm::DWARFContext::create(
      elf, llvm::DWARFContext::ProcessDebugRelocations::Process, nullptr, "", complain, complain);
  for (const std::unique_ptr<llvm::DWARFUnit>& unit : dwarf->compile_units()) {
    const llvm::DWARFDebugLine::LineTable* lines = dwarf->getLineTableForUnit(unit.get());
    if (lines == nullptr) continue;
    for (const llvm::DWARFDebugLine::Row& row : lines->Rows) {
      const auto section = kept.find(row.Address.SectionIndex);
      if (section == kept.end()) continue;
      sites.push_back({.section = section->second,
                       .wasm_offset = row.EndSequence ? 0 : row.Line,
                       .offset = row.Address.Address});
    }
  }
  if (!complaint.empty()) {
    return fail(ErrorCode::kInternal, "object of the code generator: line table: {}", complaint);
  }
  // The last of several rows at an address is the one that counts, as in DWARF.
  std::stable_sort(sites.begin(), sites.end(), [](const Site& a, const Site& b) {
    return std::tie(a.section, a.offset) < std::tie(b.section, b.offset);
  });
  const auto is_superseded = [](const Site& later, const Site& earlier) {
    return later.section == earlier.section && later.offset == earlier.offset;
  };
  sites.erase(sites.begin(), std::unique(sites.rbegin(), sites.rend(), is_superseded).base());
  return {};
}

}  // namespace wasmedge::compile
