"""A catalog that changes from look to look, and the exposures that a lesson has in it."""

from datetime import timedelta

from sqlmodel import Session

from tests.factories import LOOKED_AT, InMemoryCatalog, Service, catalog_snapshot
from tests.workflows.reading import rows
from tracker.core.exposures import ExposureState, ExposureVerdict
from tracker.storage import exposures
from tracker.storage.tables import Exposure, ExposureEvaluation
from tracker.workflows.context import Context
from tracker.workflows.find_where_else import Answer, by_lesson
from tracker.workflows.import_catalog import import_catalog


class Estate:
    """The catalog, asked about the lesson ``deadlines``."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.looks: dict[str, int] = {}

    def is_now(self, *services: Service, source: str = "terraform") -> None:
        """Import what a source sees a minute later."""
        self.looks[source] = self.looks.get(source, 0) + 1
        seen = catalog_snapshot(
            *services, source=source, observed_at=LOOKED_AT + timedelta(minutes=self.looks[source])
        )
        import_catalog(self.context, InMemoryCatalog({"x": seen}), "x")

    def ask(self) -> Answer:
        return by_lesson(self.context, "deadlines")

    def evaluate(self, *services: Service) -> Exposure:
        """Return the one exposure after the catalog has become this."""
        self.is_now(*services)
        self.ask()
        return self.exposure

    @property
    def exposure(self) -> Exposure:
        (one,) = rows(self.context.database, Exposure)
        return one

    def decide(self, state: ExposureState) -> None:
        def work(session: Session) -> None:
            session.get_one(Exposure, self.exposure.id).state = state

        self.context.database.transact(work)

    def by_ref(self) -> dict[str, ExposureState]:
        with self.context.database.reading() as session:
            return {ref: exposure.state for ref, exposure in exposures.of_lesson(session, 1)}

    def evaluations(self) -> list[ExposureVerdict]:
        return [one.verdict for one in rows(self.context.database, ExposureEvaluation)]
