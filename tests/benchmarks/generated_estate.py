"""An invented estate of any size, always the same: who calls whom has a long tail, as it has in real companies."""

from datetime import UTC, datetime
from itertools import accumulate
from random import Random

from tracker.core.catalog import (
    CoverageStatement,
    EntityAssertion,
    Ref,
    RelationAssertion,
    RelationType,
    SourceSnapshot,
)

OBSERVED = datetime(2026, 3, 1, tzinfo=UTC)
PACKAGES = 300
SETTINGS = 20
SETTINGS = 20
TAGS = ("critical", "public", "batch", "legacy", "gdpr")


class _Zipf:
    """Draws an item with a likelihood that falls with its rank."""

    def __init__(self, random: Random, count: int) -> None:
        self.random = random
        self.ranks = range(count)
        self.weights = list(accumulate(1 / (rank + 1) for rank in self.ranks))

    def draw(self, times: int) -> list[int]:
        return self.random.choices(self.ranks, cum_weights=self.weights, k=times)


def estate(services: int, seed: int = 11) -> list[SourceSnapshot]:
    """What a service catalog, a call trace, a cloud account and package lists say of so many services.

    About 38 edges for ten services. The trace has not looked at every twentieth service.
    """
    random = Random(seed)
    names = [Ref(f"component:default/service-{number}") for number in range(services)]
    caches = [Ref(f"resource:default/cache-{number}") for number in range(max(1, services // 50))]
    packages = [Ref(f"pkg:pypi/package-{number}") for number in range(PACKAGES)]
    callees, used, contained = (_Zipf(random, len(of)) for of in (names, caches, packages))
    tags, settings = _Zipf(random, len(TAGS)), _Zipf(random, SETTINGS)
    # Ranks of popularity are shuffled, so that the much called do not also come first by name.
    popular = random.sample(names, len(names))

    listed = [
        EntityAssertion(
            name,
            {"type": "service", "lifecycle": "production", "tier": random.randint(1, 4)},
            tuple(sorted({TAGS[number] for number in tags.draw(2)})),
            facts={f"setting.{number}": random.randint(0, 9) for number in settings.draw(3)},
        )
        for name in names
    ]
    listed += [EntityAssertion(cache, {"type": "cache"}, ()) for cache in caches]
    calls, uses, contains = [], [], []
    for name in names:
        ranks = callees.draw(min(40, int(random.paretovariate(1.25))))
        for callee in sorted({popular[rank] for rank in ranks} - {name}):
            facts = {"retries": random.choice([0, 0, 1, 3]), "timeout_ms": random.choice([None, 100, 5000])}
            calls.append(RelationAssertion(name, callee, RelationType.CALLS, facts))
        if random.random() < 0.2:
            uses.append(RelationAssertion(name, caches[used.draw(1)[0]], RelationType.USES))
        contains += [
            RelationAssertion(
                name, packages[rank], RelationType.CONTAINS, {"version": f"{random.randint(1, 9)}.0"}
            )
            for rank in sorted(set(contained.draw(random.randint(0, 2))))
        ]
    looked = tuple(
        CoverageStatement(name, ("calls:out", "calls:fact:*"))
        for number, name in enumerate(names)
        if number % 20
    )
    return [
        _snapshot("service-catalog", listed, [], [_all("entities", "attribute:*", "fact:*")]),
        _snapshot("call-trace", [], calls, looked),
        _snapshot("cloud", [], uses, [_all("uses:out")]),
        _snapshot("package-lists", [], contains, [_all("contains")]),
    ]


def _all(*questions: str) -> CoverageStatement:
    return CoverageStatement("*", questions)


def _snapshot(
    source: str,
    entities: list[EntityAssertion],
    relations: list[RelationAssertion],
    coverage: list[CoverageStatement] | tuple[CoverageStatement, ...],
) -> SourceSnapshot:
    return SourceSnapshot(source, "declared", OBSERVED, tuple(entities), tuple(relations), tuple(coverage))
