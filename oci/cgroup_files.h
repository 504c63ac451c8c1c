#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci/cgroup.h"
#include "runtime/base/result.h"

/// Reading and writing a control group's files; each version's part of Cgroup. Internal to it.
namespace wasmedge::oci {

/// Writes a limit: the error names the field as config.json has it, the file and the value.
Result<> set_limit(std::string_view field, const std::string& directory, std::string_view file,
                   std::string_view value);

/// A file's number; "max" is ~0; 0 if the file is absent, as some are on some kernels.
uint64_t read_figure(const std::string& directory, std::string_view file);
/// The numbers of a file of several, in order.
std::vector<uint64_t> read_figures(const std::string& directory, std::string_view file);
/// A file of "key number" lines.
std::map<std::string, uint64_t> read_keyed(const std::string& directory, std::string_view file);
/// A text; empty if the file is absent.
std::string read_text(const std::string& directory, std::string_view file);
bool file_exists(const std::string& directory, std::string_view file);
/// The page sizes ("2MB") for which a hugetlb controller has files here that end in `suffix`.
std::vector<std::string> hugepage_sizes(const std::string& directory, std::string_view suffix);
/// rdma.current or rdma.max: lines of "mlx4_0 hca_handle=2 hca_object=2000"; the same in both
/// versions.
std::vector<RdmaFigure> read_rdma(const std::string& directory, std::string_view file);
/// nullopt if the file is absent, or pressure is not accounted.
std::optional<PressureFigures> read_pressure(const std::string& directory, std::string_view file);

/// Appends `value` of device "major:minor"; lines of another form are left out.
void add_block_figure(std::vector<BlockIoFigure>& figures, std::string_view device,
                      std::string_view op, std::string_view value);

Result<> apply_v1(const Cgroup& group, const Resources& resources);
Result<> apply_devices_v1(const Cgroup& group, const Resources& resources);
CgroupFigures figures_v1(const Cgroup& group);

Result<> apply_v2(const std::string& directory, const Resources& resources);
CgroupFigures figures_v2(const std::string& directory);
/// Lets the children of each group from `root` down to `path`'s parent use the controllers.
void enable_controllers_v2(const std::string& root, std::string_view path);

}  // namespace wasmedge::oci
