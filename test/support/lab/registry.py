"""A registry of one's own: Debian's docker-registry, and skopeo beside it."""

from . import engines
from .proc import Daemon, run

PORT = 5000
ADDRESS = f"127.0.0.1:{PORT}"

CONFIG = """version: 0.1
log: {{level: info}}
storage: {{filesystem: {{rootdirectory: {folder}/blobs}}}}
http: {{addr: {address}}}
"""


class Registry:
    """Serves plain HTTP on ADDRESS in the network namespace of the process `pid`, for engines that are in it too.

    `folder` is its own. Use as a context manager.
    """

    def __init__(self, pid, folder):
        self.namespace = ["nsenter", f"--net=/proc/{pid}/ns/net"]
        self.folder = folder
        self.daemon = None

    def __enter__(self):
        program = engines.unpack("bookworm", ["docker-registry"], "registry") / "usr/bin/docker-registry"
        self.folder.mkdir(exist_ok=True)
        config = self.folder / "config.yml"
        config.write_text(CONFIG.format(folder=self.folder, address=ADDRESS))
        log = self.folder / "log"
        self.daemon = Daemon("docker-registry", [*self.namespace, program, "serve", config], log)
        try:
            self.daemon.wait_ready(lambda: f"listening on {ADDRESS}" in log.read_text())
        except BaseException:
            self.daemon.stop()
            raise
        return self

    def __exit__(self, kind, error, trace):
        self.daemon.stop()

    def skopeo(self, *argv):
        """Runs skopeo in the registry's network namespace: see proc.run."""
        return run([*self.namespace, "skopeo", "--insecure-policy", *argv], timeout=60)

    def push(self, archive, name):
        """Pushes an OCI archive; returns the name that engines pull it by."""
        self.skopeo("copy", "--dest-tls-verify=false", f"oci-archive:{archive}", f"docker://{ADDRESS}/{name}")
        return f"{ADDRESS}/{name}"
