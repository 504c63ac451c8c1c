#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace wasmedge::task {

/// Calls on a Service in an order that `choices` has, on three containers and their executed
/// processes, while the processes of a fake machine get ready, fail, hang and end as it has too;
/// then all is killed and deleted. Returns what was wrong with the answers or the events, or
/// nothing.
std::string random_calls(std::span<const uint8_t> choices);

}  // namespace wasmedge::task
