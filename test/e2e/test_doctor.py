"""`wasmedge doctor` on real daemons: what is well, and what is not in configurations that are wrong."""

import json
import shutil

import pytest
from lab import engines
from lab.host import Host

pytestmark = pytest.mark.usefixtures("ours_alone")


def findings(host, program="wasmedge"):
    """The findings in that host's mount namespace, and the exit status."""
    done = host.run(program, "doctor", "--json", check=False)
    assert done.stderr == "", done
    report = json.loads(done.stdout)
    assert report["ok"] == (done.returncode == 0), done
    return report["findings"]


def of(found, level, area=None):
    return [each["what"] for each in found if each["level"] == level and area in (None, each["area"])]


@pytest.mark.parametrize("where", [(suite, "ctr") for suite in ("bookworm", "trixie", "sid")], ids=str, indirect=True)
def test_a_node_that_works(where):
    found = findings(where.host)
    # A Docker of other tests may run in this lab, with a runtime whose options are lost.
    assert [what for what in of(found, "problem") if "does not hand on" not in what] == []
    good = of(found, "ok")
    assert any(f"containerd {where.host.engine.containerd} (pid {where.host.containerd.pid})" == what for what in good), good
    for words in ("finds the shim", "is of format", "listens at", "all five in", "system calls clone3", "seccomp"):
        assert any(words in what for what in good), (words, good)
    assert any("CRI disabled" in what for what in of(found, "note", "containerd"))
    assert all(each["fix"] for each in found if each["level"] in ("warning", "problem"))


@pytest.mark.parametrize("where", [("trixie", "docker"), ("sid", "classic")], ids=str, indirect=True)
def test_docker(where):
    found = findings(where.host)
    # The lab's daemon.json has such a runtime, whose options Docker drops.
    lost = of(found, "problem", "docker")
    assert lost and all('runtime "lost"' in what and "ConfigPath alone" in what for what in lost), lost
    name = f"Docker {where.host.engine.docker} (pid {where.docker.daemon.pid})"
    store = "classic image store" if where.store == "classic" else "containerd's image store"
    assert any(name in each["what"] and store in each["what"] for each in found), found
    assert any('runtime "capped"' in each["what"] and each["level"] == "ok" for each in found), found


class Misconfigured(Host):
    """A containerd whose runtime handler has a version that there is not, and whose PATH lacks the shim."""

    def config(self):
        cri = "io.containerd.cri.v1.runtime" if self.engine.format == 3 else "io.containerd.grpc.v1.cri"
        handler = f"[plugins.'{cri}'.containerd.runtimes.wasmedge]\n  runtime_type = \"io.containerd.wasmedge.v2\"\n"
        lines = [line for line in super().config().splitlines() if not line.startswith("disabled_plugins")]
        return "\n".join(lines) + "\n" + handler


@pytest.mark.parametrize("suite", ["bookworm", "sid"])
def test_a_containerd_that_is_misconfigured(suite, programs, tmp_path):
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir(mode=0o700)
    with Misconfigured(engines.engine(suite), artifacts=artifacts) as host:
        artifacts.chmod(0o755)
        found = findings(host, programs[0] / "wasmedge")
    problems = of(found, "problem")
    for words in ("does not find containerd-shim-wasmedge-v1 in its PATH", 'runtime_type "io.containerd.wasmedge.v2"', "mode 755"):
        assert sum(words in what for what in problems) == 1, (words, problems)
    assert len(problems) == 3, problems


def test_programs_of_which_one_is_missing_and_one_another(programs, hosts, tmp_path):
    folder = tmp_path / "bin"
    shutil.copytree(programs[0], folder)
    (folder / "wasmedge-init").unlink()
    (folder / "wasmedge-image").write_text("#!/bin/sh\necho wasmedge-image 0.0.1\n")
    found = findings(hosts("sid"), folder / "wasmedge")
    problems = of(found, "problem", "programs")
    assert len(problems) == 2 and "wasmedge-init cannot be found" in problems[0] and "0.0.1" in problems[1], problems


def test_for_people(hosts):
    text = hosts("sid").run("wasmedge", "doctor", check=False).stdout
    assert text.startswith("kernel\n  ok       Linux ") and text.rstrip().endswith(("warning", "warnings")), text
