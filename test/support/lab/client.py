"""ctr and docker behind one face: the same behaviour is tested through either.

Both take an Image and the options that users know, and return the CompletedProcess of `ctr run` or `docker run`.
"""

import subprocess
import uuid

from .proc import run
from .terminal import Terminal


def _flags(**options):
    """Flags out of options: None and False are left out, True is a bare flag, a list repeats its flag."""
    flags = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        for each in value if isinstance(value, list) else [value]:
            if each is True:
                flags.append(flag)
            elif each is not None and each is not False:
                flags.append(f"{flag}={each}")
    return flags


def new_id():
    return f"t{uuid.uuid4().hex[:12]}"


def _popen(argv, env):
    return subprocess.Popen(
        argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


class Ctr:
    """ctr on a lab's containerd."""

    kind = "ctr"

    def __init__(self, host, runtime):
        self.host = host
        self.runtime = runtime

    def load(self, image, archive):
        self.host.ctr("image", "import", "--all-platforms", archive)

    def run(self, image, *args, check=False, timeout=60, stdin=None, text=True, **options):
        """`ctr run` to its end: see command()."""
        argv = self.command(image, *args, **options)
        return run(argv, env=self.host.environment(), input=stdin, check=check, timeout=timeout, text=text)

    def popen(self, image, *args, **options):
        """`ctr run`, running, its stdio piped: see command()."""
        return _popen(self.command(image, *args, **options), self.host.environment())

    def terminal(self, image, *args, rows=24, columns=80, **options):
        """`ctr run --tty` on a Terminal: see command()."""
        argv = self.command(image, *args, tty=True, **options)
        return Terminal(argv, self.host.environment(), rows, columns)

    def exec_terminal(self, name, *args):
        """`ctr task exec --tty` on a Terminal."""
        argv = self.host.ctr_command("task", "exec", "--tty", "--exec-id", new_id(), name, *args)
        return Terminal(argv, self.host.environment())

    def command(self, image, *args, name=None, entrypoint=None, env=None, volumes=(), memory=None, user=None, workdir=None,
                read_only=False, detach=False, tty=False, runtime=None, annotation=(), options=None,
                log_uri=None, null_io=False, maps=None):  # fmt: skip
        """The command line: volumes are (host, guest, "rw" or "ro"); entrypoint and args replace the image's as in docker."""
        mounts = [f"type=bind,src={source},dst={target},options=rbind:{mode}" for source, target, mode in volumes]
        flags = _flags(
            runtime=runtime or self.runtime,
            platform=image.platform,
            rm=not detach,
            detach=detach,
            tty=tty,
            env=[f"{k}={v}" for k, v in (env or {}).items()],
            mount=mounts,
            memory_limit=memory,
            user=user,
            cwd=workdir,
            read_only=read_only,
            annotation=list(annotation),
            runtime_config_path=options,
            log_uri=log_uri,
            null_io=null_io,
            uidmap=maps,
            gidmap=maps,
        )
        # ctr's arguments replace the whole command line of the image.
        entry = [entrypoint] if entrypoint else image.entrypoint
        command = [*entry, *(args or ([] if entrypoint else image.cmd))]
        return self.host.ctr_command("run", *flags, image.reference, name or new_id(), *command)

    def exec(self, name, *args, check=False, timeout=60, stdin=None):
        """`ctr task exec` to its end."""
        argv = self.host.ctr_command("task", "exec", "--exec-id", new_id(), name, *args)
        return run(argv, env=self.host.environment(), input=stdin, check=check, timeout=timeout)

    def attach(self, name):
        """`ctr task attach`, running, its stdio piped."""
        return _popen(self.host.ctr_command("task", "attach", name), self.host.environment())

    def takes_options(self):
        """Whether this ctr hands a file of runtime options on."""
        return "--runtime-config-path" in self.host.ctr("run", "--help", check=False).stdout

    def pid(self, name):
        for line in self.host.ctr("task", "ls").stdout.splitlines()[1:]:
            task, pid, _status = line.split()
            if task == name:
                return int(pid)
        raise LookupError(f"containerd knows no task {name}")

    def remove_all(self):
        """Removes every container of this lab's namespace, so that a failed test does not fail the next."""
        for task in self.host.ctr("task", "ls", "-q").stdout.split():
            self.host.ctr("task", "kill", "-s", "SIGKILL", task, check=False)
            self.host.ctr("task", "rm", "-f", task, check=False)
        for container in self.host.ctr("container", "ls", "-q").stdout.split():
            self.host.ctr("container", "rm", container, check=False)


class Docker:
    """The docker client on one of a lab's Docker daemons."""

    kind = "docker"

    def __init__(self, host, store, runtime):
        self.host = host
        self.store = store
        self.docker = host.docker(store)
        self.runtime = runtime

    def load(self, image, archive):
        self.docker("load", "-i", archive)

    def run(self, image, *args, check=False, timeout=60, stdin=None, text=True, **options):
        """`docker run` to its end: see command()."""
        argv = self.command(image, *args, interactive=stdin is not None, **options)
        return run(argv, env=self.docker.environment(), input=stdin, check=check, timeout=timeout, text=text)

    def popen(self, image, *args, **options):
        """`docker run -i`, running, its stdio piped: see command()."""
        return _popen(self.command(image, *args, interactive=True, **options), self.docker.environment())

    def terminal(self, image, *args, rows=24, columns=80, **options):
        """`docker run -it` on a Terminal: see command()."""
        argv = self.command(image, *args, interactive=True, tty=True, **options)
        return Terminal(argv, self.docker.environment(), rows, columns)

    def exec_terminal(self, name, *args):
        """`docker exec -it` on a Terminal."""
        return Terminal(["docker", "exec", "-it", name, *args], self.docker.environment())

    def attach_terminal(self, name):
        """`docker attach` on a Terminal."""
        return Terminal(["docker", "attach", name], self.docker.environment())

    def command(self, image, *args, name=None, entrypoint=None, env=None, volumes=(), memory=None, user=None,
                workdir=None, read_only=False, detach=False, tty=False, runtime=None,
                interactive=False, network="none", publish=(), annotation=(), pids=None):  # fmt: skip
        """The command line: --rm unless detached; without a network unless one is asked for; publish as docker takes it."""
        flags = _flags(
            runtime=runtime or self.runtime,
            platform=image.platform,
            rm=not detach,
            detach=detach,
            interactive=interactive,
            tty=tty,
            name=name,
            entrypoint=entrypoint,
            env=[f"{k}={v}" for k, v in (env or {}).items()],
            volume=[f"{source}:{target}:{mode}" for source, target, mode in volumes],
            memory=memory,
            user=user,
            workdir=workdir,
            read_only=read_only,
            network=network,
            annotation=list(annotation),
            publish=list(publish),
            pids_limit=pids,
        )
        return ["docker", "run", *flags, image.name, *args]

    def exec(self, name, *args, check=False, timeout=60, stdin=None, user=None, env=None, workdir=None):
        """`docker exec` to its end."""
        flags = _flags(interactive=stdin is not None, user=user, workdir=workdir, env=[f"{k}={v}" for k, v in (env or {}).items()])
        argv = ["docker", "exec", *flags, name, *args]
        return run(argv, env=self.docker.environment(), input=stdin, check=check, timeout=timeout)

    def exec_popen(self, name, *args):
        """`docker exec -i`, running, its stdio piped."""
        return _popen(["docker", "exec", "-i", name, *args], self.docker.environment())

    def pid(self, name):
        return self.docker.inspect(name)["State"]["Pid"]

    def remove_all(self):
        """Removes every container of this daemon, so that a failed test does not fail the next."""
        containers = self.docker("ps", "-aq").stdout.split()
        if containers:
            self.docker("rm", "-f", *containers, check=False)
