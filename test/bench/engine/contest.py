"""The first table: every program under every contestant, in turn, with the outputs compared."""

import math
import os
import re
import sys

from contestants import Refused
from lab.proc import LabError
from measure import measure


def progress(text):
    """Shows a person what is going on, on one line."""
    if sys.stderr.isatty():
        print(f"{text:50}", end="\r", file=sys.stderr, flush=True)


class Contest:
    """Contestants, of which the first is the one that the others are a ratio to and the second is ours."""

    def __init__(self, contestants):
        self.contestants = contestants
        self.best = {}  # (program, contestant) -> least CPU seconds of any round
        self.base = {}  # the same -> of the run that does nothing, where that is not the start-up alone
        self.refused = {}  # the same -> a few words for the table
        self.notes = {}  # what to say below the table -> the programs that it is about
        self.outputs = {}  # program -> the native output

    def run(self, startup, programs, rounds):
        """Prints the table; False where ours failed or gave another output than native code."""
        commands = {}
        for program in [startup, *programs]:
            progress(f"building {program.name}")
            for contestant in self.contestants:
                self._attempt(program, contestant, lambda: commands.update(self._commands(program, contestant)))
        for round in range(rounds):
            for program in [startup, *programs]:
                progress(f"round {round + 1} of {rounds}: {program.name}")
                for contestant in self.contestants:
                    if (program, contestant) not in self.refused:
                        self._attempt(program, contestant, lambda: self._measure(program, contestant, commands))
        self._print(startup, programs, rounds)
        ours = self.contestants[1]
        return not any(words in ("failed", "wrong") for (_, contestant), words in self.refused.items() if contestant is ours)

    def _attempt(self, program, contestant, action):
        """Runs action; a refusal, or a tool's failure, becomes words in the table and a note below it."""
        try:
            action()
        except (Refused, LabError) as error:
            words, detail = (str(error), error.detail) if isinstance(error, Refused) else ("failed", str(error))
            if contestant is self.contestants[0]:
                raise LabError(f"{program.name}: native: {detail}") from None
            self.refused[program, contestant] = words
            # The same refusal of many programs is one note, in the words of the first.
            key = (contestant.name, words) if words == "not supported" else (contestant.name, words, program.name)
            self.notes.setdefault(key, (detail.strip() or "no more words", []))[1].append(program.name)

    @staticmethod
    def _commands(program, contestant):
        """What runs the program, and what does the same but for running it, for a contestant that has such a thing."""
        baseline = contestant.baseline(program) if hasattr(contestant, "baseline") else None
        return {(program, contestant): (contestant.command(program), baseline)}

    def _measure(self, program, contestant, commands):
        command, baseline = commands[program, contestant]
        cost = self._succeed(command)
        if cost.out != self.outputs.setdefault(program, cost.out):
            expected = self.outputs[program]
            raise Refused("wrong", f"printed {cost.out.strip()[:100]!r}, native code {expected.strip()[:100]!r}")
        # node's host tells what the run alone took.
        told = re.search(r"^cpu (\S+)$", cost.error, re.MULTILINE)
        key = program, contestant
        self.best[key] = min(float(told.group(1)) if told else cost.cpu, self.best.get(key, math.inf))
        if baseline:
            self.base[key] = min(self._succeed(baseline).cpu, self.base.get(key, math.inf))

    @staticmethod
    def _succeed(command):
        cost = measure(*command, timeout=300)
        if cost is None:
            raise Refused("> 300 s")
        if cost.status != 0:
            raise Refused("failed", f"status {cost.status}: {cost.error.strip()[-400:]}")
        return cost

    def _print(self, startup, programs, rounds):
        native, *others = self.contestants
        width = max(len(words) for words in ("not supported", *(other.name for other in others))) + 2
        progress("")
        print(f"\ncode (CPU time / native's, best of {rounds}, each without its own start-up; load now {os.getloadavg()[0]:.1f})")
        print(f"  {'program':16} {'native s':>9}" + "".join(f"{other.name:>{width}}" for other in others))
        print(f"  {'start-up, ms':16} {'':9}" + "".join(self._milliseconds(startup, other, width) for other in others))
        ratios = {}
        for program in programs:
            seconds = self._seconds(startup, program, native)
            row = f"  {program.name:16} {seconds:9.3f}"
            for other in others:
                if (program, other) in self.refused:
                    row += f"{self.refused[program, other]:>{width}}"
                    continue
                ratio = ratios[program, other] = self._seconds(startup, program, other) / seconds
                row += f"{ratio:{width}.2f}"
            print(row)
        everyone = [program for program in programs if all((program, other) in ratios for other in others)]
        self._mean("mean of all it ran", others, width, ratios, programs)
        if len(everyone) < len(programs):
            self._mean(f"mean, {len(everyone)} of all", others, width, ratios, everyone)
        for (name, words, *_), (detail, about) in self.notes.items():
            print(f"  {name}: {words}: {' '.join(about)}: " + detail.replace("\n", "\n    "))

    def _seconds(self, startup, program, contestant):
        """CPU seconds of a program less the start-up; never so little that a ratio would explode."""
        base = self.base.get((program, contestant), self.best.get((startup, contestant), 0))
        return max(self.best[program, contestant] - base, 0.001)

    def _milliseconds(self, startup, contestant, width):
        found = self.best.get((startup, contestant))
        return f"{'-':>{width}}" if found is None else f"{1000 * found:{width}.1f}"

    def _mean(self, title, others, width, ratios, programs):
        row = f"  {title:26}"
        for other in others:
            logs = [math.log(ratios[program, other]) for program in programs if (program, other) in ratios]
            row += f"{math.exp(sum(logs) / len(logs)):{width}.3f}" if logs else f"{'-':>{width}}"
        print(row)
