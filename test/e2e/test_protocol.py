"""What containerd learns of the shim by -info."""

import json

import pytest


def test_info_has_features(ctr, runtime):
    if not ctr.host.engine.containerd.startswith("2."):
        pytest.skip(f"containerd {ctr.host.engine.containerd} asks no shim for its features")
    said = json.loads(ctr.host.ctr("plugins", "inspect-runtime", "--runtime", runtime).stdout)
    features = said["Features"]
    assert said["Name"] == runtime
    assert "rro" in features["mountOptions"] and "CAP_CHOWN" in features["linux"]["capabilities"]
    assert features["linux"]["seccomp"]["enabled"]
