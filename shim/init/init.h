#pragma once

namespace wasmedge::init {

/// The life of a container's first process, from its exec by oci::launch() to the guest's end.
/// Returns an exit status; a native guest takes its place.
int main();

}  // namespace wasmedge::init
