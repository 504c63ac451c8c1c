#pragma once

#include <string_view>

namespace wasmedge::pack {

inline constexpr std::string_view kHelp =
    R"(usage: wasmedge pack [options] -t NAME[:TAG] FILE.wasm

Makes an image of a module, for registries, containerd and Docker. The same input gives the same
bytes: no times, owners or paths of this machine get in.

  -t, --tag NAME[:TAG]   the image's name
  --image                an ordinary image, with the module as its file /FILE.wasm (the default)
  --artifact             an OCI Wasm artifact: the module alone, without a filesystem
  -o, --output FILE.tar  write an archive of an OCI image layout. Without -o and --load: FILE.tar in
                         this directory, after the module's name
  -o, --output DIR       write an OCI image layout, a directory
  --format FORMAT        oci-archive or oci, where the name -o leaves it open
  --load[=ENGINE]        give it to docker or containerd (to the one that is there, if not said), by
                         `docker load` or `ctr image import`
  --address ADDRESS      where that engine listens
  --namespace NAME       containerd's namespace
  --platform OS/ARCH     wasi/wasm if not said (artifacts: wasip1/wasm). linux/amd64 where an engine
                         takes its own platform alone, as Docker's classic image store

What the image says of its containers; each may be repeated where that makes sense:

  --entrypoint WORD      the command line's beginning; /FILE.wasm if not said. To call a library:
                         /FILE.wasm#FUNCTION
  --cmd WORD             its rest, which `docker run IMAGE …` replaces
  --env KEY=VALUE        a variable
  --label KEY=VALUE      a label; an artifact has it as an annotation of its manifest
  --user USER            whom it runs as
  --workdir DIR          where it runs
  --layer DIR:PATH       a further layer: the content of DIR (or the file DIR), at PATH
  --config-type TYPE     of an artifact: wasm, as the CNCF describes it, or oci, an ordinary
                         image's, which has an entry point and which `ctr run` wants

Then: skopeo copy oci-archive:FILE.tar docker://REGISTRY/NAME:TAG    push it
      docker run --rm --runtime=io.containerd.wasmedge.v1 --platform=wasi/wasm NAME
      ctr run --rm --runtime io.containerd.wasmedge.v1 --platform wasi/wasm FULL-NAME ID
)";

}  // namespace wasmedge::pack
