"""Containers in numbers, one round after another, and what they cost and leave: test/fault/soak, and shorter in test/e2e."""

import concurrent.futures
import dataclasses
import signal
import time

from . import guests
from .proc import LabError
from .shim import Bundle, Refused, descriptors, memory, settle

SLEEP = ("/bin/busybox", "sleep", "1000")


@dataclasses.dataclass(frozen=True)
class Round:
    """What one round of containers took, and the pod's server after it."""

    containers: int
    milliseconds: float  # a container, of those in the flow
    memory: int  # bytes
    descriptors: int
    left: tuple  # what it left behind, a line each

    def __str__(self):
        left = f"{len(self.left)} left behind" if self.left else "nothing left"
        return (
            f"{self.containers} containers, {self.milliseconds:.1f} ms each, "
            f"server {self.memory / 1024:.0f} KiB, {self.descriptors} descriptors, {left}"
        )


class Soak:
    """A pod on a Node, and all that is made in it. A context manager."""

    def __init__(self, node):
        self.node = node
        node.add("probe", guests.c("probe"))
        self.pause = Bundle(node, *SLEEP, group="soak")

    def __enter__(self):
        self.pause.start()
        self.pause.call("Create", **self.pause.create())
        self.pause.call("Start")
        self.made = 0
        self.rest = set(self.node.leftovers(settle=0))  # the pod itself
        return self

    def __exit__(self, kind, error, trace):
        self.pause.call("Kill", signal=signal.SIGKILL)
        self.pause.call("Wait")
        self.pause.call("Delete")
        self.pause.call("Shutdown")
        self.pause.remove()

    def life(self, number):
        """One container from `start` to its removal. Of ten, one is executed in, one cannot be run, one has a server of its own."""
        kind = number % 10
        args = ("/bin/probe", "exit", "3") if number % 2 else ("/bin/busybox", "sh", "-c", "exit 3")
        if kind == 4:
            args = ("/bin/absent",)
        if kind == 6:
            args = SLEEP
        bundle = Bundle(self.node, *args, group=None if kind == 8 else "soak").start()
        if kind == 4:
            try:
                bundle.call("Create", **bundle.create())
                raise LabError("a program that is not there was run")
            except Refused:
                pass
            bundle.remove()
            return
        if kind == 6:
            self._life_with_exec(bundle)
        elif (status := bundle.run()) != 3:
            raise LabError(f"container {number} ended with status {status}")
        bundle.remove()

    def _life_with_exec(self, bundle):
        bundle.call("Create", **bundle.create())
        bundle.call("Start")
        bundle.call("Exec", **bundle.exec("e", "/bin/busybox", "true"))
        waiting = bundle.connection.begin("Wait", id=bundle.id, exec_id="e")
        bundle.call("Start", exec_id="e")
        bundle.connection.result(waiting)
        bundle.call("Delete", exec_id="e")
        bundle.call("Kill", signal=signal.SIGKILL)
        bundle.call("Wait")
        bundle.call("Delete")

    def at_once(self, count):
        """So many that live at the same time."""
        bundles = [Bundle(self.node, *SLEEP, group="soak") for _ in range(count)]

        def begin(bundle):
            bundle.start()
            bundle.call("Create", **bundle.create())
            bundle.call("Start")

        def end(bundle):
            bundle.call("Kill", signal=signal.SIGKILL)
            bundle.call("Wait")
            bundle.call("Delete")
            bundle.remove()

        for work in (begin, end):
            with concurrent.futures.ThreadPoolExecutor(count) as pool:
                list(pool.map(work, bundles))

    def round(self, each, at_once, workers=4):
        """`each` containers, `at_once` of them at the same time, the others in a flow; a Round."""
        self.at_once(at_once)
        flow = range(self.made, self.made + each - at_once)
        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            list(pool.map(self.life, flow))
        took = (time.monotonic() - began) / max(len(flow), 1)
        self.made += each
        # The connections of the last ones end a moment later.
        settle(lambda: descriptors(self.pause.server) <= 40)
        left = self.node.leftovers(settle=10, but=self.rest)
        return Round(each, took * 1000, memory(self.pause.server), descriptors(self.pause.server), tuple(left))


def slope(rounds):
    """Bytes of memory that a server grows by with each container, from the first round on."""
    first, last = rounds[0], rounds[-1]
    return (last.memory - first.memory) / sum(each.containers for each in rounds[1:])
