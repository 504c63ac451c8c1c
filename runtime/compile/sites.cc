#include "runtime/compile/sites.h"

#include <llvm/DebugInfo/DWARF/DWARFContext.h>

#include <algorithm>
#include <tuple>

namespace wasmedge::compile {
namespace {

bool same_place(const Site& a, const Site& b) {
  return a.section == b.section && a.offset == b.offset;
}

}  // namespace

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
      const Site site{.section = section->second,
                      .wasm_offset = row.EndSequence ? 0 : row.Line,
                      .offset = row.Address.Address};
      // The last of several rows at an address is the one that counts, as in DWARF.
      if (!sites.empty() && same_place(sites.back(), site)) sites.pop_back();
      sites.push_back(site);
    }
  }
  if (!complaint.empty()) {
    return fail(ErrorCode::kInternal, "object of the code generator: line table: {}", complaint);
  }
  // Where one sequence ends and the next begins, the beginning is what code at the place is of.
  std::sort(sites.begin(), sites.end(), [](const Site& a, const Site& b) {
    return std::tie(a.section, a.offset, a.wasm_offset) <
           std::tie(b.section, b.offset, b.wasm_offset);
  });
  sites.erase(sites.begin(), std::unique(sites.rbegin(), sites.rend(), same_place).base());
  return {};
}

}  // namespace wasmedge::compile
