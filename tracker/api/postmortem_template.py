"""The postmortem template: what Elsewhere reads well."""

from fastapi.responses import PlainTextResponse

from tracker import samples
from tracker.api.authentication import Reader
from tracker.api.nouns import routes_of

router = routes_of("postmortem-template")


@router.get("", response_class=PlainTextResponse)
def read(_: Reader) -> str:
    """Return a template in Markdown, to be filled in."""
    return samples.template()
