"""Makes image archives out of files, without a registry and without a builder.

One archive is both an OCI image layout and a `docker save` archive, so that `ctr image import` and `docker load`
take it, with the containerd image store and with the classic one. The same input gives the same bytes.
"""

import dataclasses
import hashlib
import io
import json
import pathlib
import tarfile


@dataclasses.dataclass
class Image:
    """What an image holds. `files` maps a path in the image to bytes or to a file of this machine.

    Every file is executable by all; `directories` maps a path to its mode. `platform` is "os/architecture".
    """

    name: str
    platform: str = "wasi/wasm"
    files: dict = dataclasses.field(default_factory=dict)
    directories: dict = dataclasses.field(default_factory=dict)
    entrypoint: list = dataclasses.field(default_factory=list)
    cmd: list = dataclasses.field(default_factory=list)
    env: dict = dataclasses.field(default_factory=dict)
    user: str = ""
    cwd: str = "/"
    labels: dict = dataclasses.field(default_factory=dict)
    links: dict = dataclasses.field(default_factory=dict)  # a symbolic link's path -> where it leads
    healthcheck: dict = None  # as Docker's image configuration has it

    @property
    def reference(self):
        """The full name that containerd stores the image under."""
        return f"docker.io/library/{self.name}:latest"

    def save(self, archive):
        """Writes the archive to a path and returns the path."""
        layer = self._layer()
        config = _json(self._config(layer))
        manifest = _json(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": _descriptor("application/vnd.oci.image.config.v1+json", config),
                "layers": [_descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
            }
        )
        os_name, architecture = self.platform.split("/")
        index = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [
                {
                    **_descriptor("application/vnd.oci.image.manifest.v1+json", manifest),
                    "platform": {"os": os_name, "architecture": architecture},
                    "annotations": {
                        "io.containerd.image.name": self.reference,
                        "org.opencontainers.image.ref.name": "latest",
                    },
                }
            ],
        }
        saved = [{"Config": _blob(config), "RepoTags": [f"{self.name}:latest"], "Layers": [_blob(layer)]}]
        entries = {
            "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
            "index.json": _json(index),
            "manifest.json": _json(saved),
            **{_blob(data): data for data in (layer, config, manifest)},
        }
        archive = pathlib.Path(archive)
        archive.write_bytes(_tar(entries, {"blobs/": 0o755, "blobs/sha256/": 0o755}, mode=0o644))
        return archive

    def _layer(self):
        files = {
            path.strip("/"): data if isinstance(data, bytes) else pathlib.Path(data).read_bytes()
            for path, data in self.files.items()
        }
        directories = {path.strip("/") + "/": mode for path, mode in self.directories.items()}
        links = {path.strip("/"): target for path, target in self.links.items()}
        return _tar(files, directories, mode=0o755, links=links)

    def _config(self, layer):
        os_name, architecture = self.platform.split("/")
        return {
            "architecture": architecture,
            "os": os_name,
            "created": "1970-01-01T00:00:00Z",
            "config": {
                "Entrypoint": self.entrypoint or None,
                "Cmd": self.cmd or None,
                "Env": [f"{key}={value}" for key, value in self.env.items()],
                "User": self.user,
                "WorkingDir": self.cwd,
                "Labels": self.labels,
                **({"Healthcheck": self.healthcheck} if self.healthcheck else {}),
            },
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
            "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "files"}],
        }


@dataclasses.dataclass
class Artifact:
    """An OCI Wasm artifact: an image whose one layer is `module`, a module's bytes.

    `more`: title -> module, instead of that one.
    """

    IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
    WASM_CONFIG = "application/vnd.wasm.config.v0+json"

    name: str
    module: bytes
    config_type: str = IMAGE_CONFIG
    layer_type: str = "application/wasm"
    entrypoint: list = dataclasses.field(default_factory=list)
    cmd: list = dataclasses.field(default_factory=list)
    platform: str = "wasip1/wasm"
    more: dict = dataclasses.field(default_factory=dict)

    @property
    def reference(self):
        """The full name that containerd stores the image under."""
        return f"docker.io/library/{self.name}:latest"

    def _layers(self):
        if not self.more:
            return [_descriptor(self.layer_type, self.module)]
        title = "org.opencontainers.image.title"
        return [{**_descriptor(self.layer_type, module), "annotations": {title: name}} for name, module in self.more.items()]

    def save(self, archive):
        """Writes an archive of an OCI image layout to a path and returns the path."""
        layers = self._layers()
        config = _json(
            {
                "architecture": "wasm",
                "os": "wasip1",
                "layerDigests": [layer["digest"] for layer in layers],
                "config": {"Entrypoint": self.entrypoint or None, "Cmd": self.cmd or None},
            }
        )
        manifest = _json(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": _descriptor(self.config_type, config),
                "layers": layers,
            }
        )
        entry = {
            **_descriptor("application/vnd.oci.image.manifest.v1+json", manifest),
            "platform": {"os": "wasip1", "architecture": "wasm"},
            "annotations": {"io.containerd.image.name": self.reference, "org.opencontainers.image.ref.name": "latest"},
        }
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [entry]}
        entries = {
            "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
            "index.json": _json(index),
            **{_blob(data): data for data in (self.module, *self.more.values(), config, manifest)},
        }
        archive = pathlib.Path(archive)
        archive.write_bytes(_tar(entries, {"blobs/": 0o755, "blobs/sha256/": 0o755}, mode=0o644))
        return archive


def _tar(files, directories, mode, links=None):
    """A tar of files (path -> bytes, all of one mode) and directories (path ending in / -> mode), in sorted order."""
    wanted = dict(directories)
    for path in [*files, *directories]:
        for parent in pathlib.PurePosixPath(path).parents:
            if str(parent) != ".":
                wanted.setdefault(f"{parent}/", 0o755)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(wanted):
            entry = tarfile.TarInfo(path.rstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, wanted[path]
            tar.addfile(entry)
        for path in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(files[path]), mode
            tar.addfile(entry, io.BytesIO(files[path]))
        for path, target in sorted((links or {}).items()):
            entry = tarfile.TarInfo(path)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return out.getvalue()


def _json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _blob(data):
    return f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"


def _descriptor(media_type, data):
    return {"mediaType": media_type, "digest": f"sha256:{hashlib.sha256(data).hexdigest()}", "size": len(data)}
