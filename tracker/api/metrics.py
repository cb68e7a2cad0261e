"""What monitoring scrapes: how quickly requests are answered, and how much there is of what."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tracker.core.action_items import ItemState
from tracker.core.exposures import ExposureState, ExposureVerdict
from tracker.core.issue_sync import DecisionKind
from tracker.storage import counts
from tracker.workflows.context import Context

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The numbers of one API: those of its requests are this process's, all others are the database's."""

    def __init__(self, context: Context) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "elsewhere_http_request_duration_seconds",
            "How long requests took to be answered, by the template of their path.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(_Stored(context))

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Take one answered request into account."""
        self._seconds.labels(method, route, str(status)).observe(seconds)

    def text(self) -> bytes:
        """Return all numbers as they are now, in the text format of Prometheus."""
        return generate_latest(self._registry)


class _Stored(Collector):
    """Numbers that are counted when they are asked for."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def describe(self) -> Iterator[Metric]:
        """Name nothing, so that registering asks no database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Count."""
        with self._context.database.reading() as session:
            items = counts.items_by_state(session)
            exposures = counts.exposures_by_state_and_verdict(session)
            decisions = counts.decisions_by_kind(session)
            ends = counts.last_ends(session)
        yield _gauge(
            "elsewhere_action_items",
            "Action items by state, without those of confidential postmortems.",
            ("state",),
            {(state,): items.get(state, 0) for state in ItemState},
        )
        yield _gauge(
            "elsewhere_exposures",
            "Exposures by state and verdict.",
            ("state", "verdict"),
            {pair: exposures.get(pair, 0) for pair in product(ExposureState, ExposureVerdict)},
        )
        yield _gauge(
            "elsewhere_sync_decisions",
            "Decisions of all runs of the sync, by kind.",
            ("kind",),
            {(kind,): decisions.get(kind, 0) for kind in DecisionKind},
        )
        yield _gauge(
            "elsewhere_last_run_timestamp_seconds",
            "When a job last came to its end.",
            ("job",),
            {(job,): at.timestamp() for job, at in ends.items()},
        )


def _gauge(
    name: str, about: str, labels: Sequence[str], values: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, about, labels=labels)
    for words, value in values.items():
        gauge.add_metric(words, value)
    return gauge
