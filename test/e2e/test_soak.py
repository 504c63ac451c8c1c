"""Containers in numbers, by calls to the shim: nothing stays, neither time nor memory grows. The long run: test/fault/soak."""

import pytest
from lab.shim import Node
from lab.soak import Soak, slope

pytestmark = pytest.mark.usefixtures("faults")


def test_soak(programs, long):
    each, at_once = (1000, 200) if long else (120, 60)
    with Node(programs) as node, Soak(node) as soak:
        rounds = [soak.round(each, at_once) for _ in range(10 if long else 3)]
    report = "\n".join(map(str, rounds))
    print(report)
    assert [each.left for each in rounds] == [()] * len(rounds)
    assert len({each.descriptors for each in rounds}) == 1, report
    assert slope(rounds) < 1024, report
