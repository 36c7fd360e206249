"""What the last runs showed, file by file, as build/mutants.json keeps it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .operators import Key
from .workshop import Verdict


@dataclass
class Result:
    """Counts of a file's mutants by outcome, who survived, and which test killed each: asked first the next time."""

    path: Path
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    killers: dict[Key, str] = field(default_factory=dict)
    survivors: set[Key] = field(default_factory=set)

    @classmethod
    def load(cls, path: Path) -> Result:
        """Read what there is, nothing if there is nothing."""
        result = cls(path)
        if path.exists():
            read = json.loads(path.read_text(encoding="utf-8"))
            result.counts = {file: Counter(counts) for file, counts in read["files"].items()}
            result.killers = {(file, function, place): test for file, function, place, test in read["killers"]}
            result.survivors = {(file, function, place) for file, function, place in read.get("survivors", [])}
        return result

    def take(self, file: str, verdicts: list[Verdict]) -> None:
        """Put a file's new verdicts in place of its former."""
        self.counts[file] = Counter(verdict.outcome for verdict in verdicts)
        self.counts[file]["looped"] = sum(verdict.by.endswith("looped") for verdict in verdicts)
        self.survivors = {key for key in self.survivors if key[0] != file}
        self.survivors |= {verdict.mutant.key for verdict in verdicts if verdict.outcome == "survived"}
        self.killers = {key: test for key, test in self.killers.items() if key[0] != file}
        self.killers |= {verdict.mutant.key: verdict.by.split()[0] for verdict in verdicts if verdict.outcome == "killed"}

    def save(self) -> None:
        """Write it for the next run, and for who wants figures."""
        total: Counter[str] = Counter()
        for counts in self.counts.values():
            total += counts
        killers = [[*key, test] for key, test in sorted(self.killers.items())]
        content = {"total": total, "files": self.counts, "survivors": sorted(self.survivors), "killers": killers}
        self.path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
