#pragma once

#include <sys/types.h>

#include <vector>

#include "oci/spec.h"
#include "runtime/base/fd.h"
#include "runtime/base/result.h"

namespace wasmedge::oci {

/// Who of a namespace is who outside it.
struct IdMaps {
  std::vector<IdMapping> uids, gids;
};

/// A user namespace of these maps that no process is in, to give a mount its maps.
Result<Fd> make_user_namespace(const IdMaps& maps);

/// Has files of the detached mount `tree` belong to whom `maps` say: who owns them as the
/// filesystem knows it is taken for an id in the container. Not in a user namespace.
Result<> map_owners(int tree, const IdMaps& maps, bool recursive);

/// Writes linux.uidMappings and gidMappings of a process that stands in a new user namespace.
Result<> write_id_maps(pid_t pid, const Spec& spec);

/// Takes ids 0 of the user namespace that the caller is in. kPermissionDenied if 0 is not mapped.
Result<> become_root();

}  // namespace wasmedge::oci
