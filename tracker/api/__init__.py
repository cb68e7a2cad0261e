'''Answers machines: versioned routes, problem details.

One module for each noun, with a ``router`` that `tracker.api.application.NOUNS` names. A module looks like this:

    """Action items: follow-up work, from proposed to verified."""

    router = routes_of("action-items")                        # paths /api/v1/action-items…, tag "action-items"


    class ActionItemChange(Input):                            # refuses unknown fields, and the character NUL
        """What of an item is to change: absent leaves a field, null clears it."""

        title: Annotated[str, StringConstraints(min_length=1)] | None = None


    @router.get("")                                           # → operation action_items_list
    def list_(context: Reader, paging: Listing, state: ItemState | None = None) -> Page[ItemRowShape]:
        """List the items."""                                 # the sentence that the documentation shows
        with context.database.reading() as session:
            return page_shape(action_items.page(session, paging, state=state), item_row)


    @router.post("", status_code=201, responses=problems(409))
    def create(context: WriterOnce, draft: ActionItemCreate, response: Response, created: Created) -> ItemShape:
        """Create an item."""
        record = workflow.create(context, …)
        tell_version(response, record.item.version)           # ETag
        created(record.item.id)                               # Location: /api/v1/action-items/7
        return item_shape(record)


    @router.get("/{number}", responses=problems(404))
    def read(context: Reader, number: Number, response: Response) -> ItemShape: …


    @router.patch("/{number}", responses=problems(404, 409, 428))
    def update(context: Writer, number: Number, change: ActionItemChange, expected: IfMatch, response: Response) -> ItemShape:
        """Change an item."""
        record = workflow.change(context, number, change.model_dump(exclude_unset=True), expected_version=expected)
        tell_version(response, record.item.version)           # the new version
        return item_shape(record)


    @router.post("/{number}/accept", responses=problems(404, 409))
    def accept(context: WriterOnce, number: Number, expected: IfMatchOptional, response: Response) -> ItemShape: …

- Routes are plain functions (never ``async``), run in threads. They call a workflow, or read from storage, and answer with the
  shapes of `tracker.reports`, so that the command line's JSON and the API's are one.
- A dependency that neither waits nor computes for long is declared with `at_once`, which saves a thread.
- Errors are raised as `tracker.core.errors`; `tracker.api.problems` answers them. A missing confidential thing is `NotFound`.
- `routes_of` documents 401, 403, 421, 422, 500 and 503; what follows from a body, If-Match or Idempotency-Key (400, 409, 412,
  413, 415) is documented by itself; a route adds what else it can end with.
- ``Connected`` finds connectors, ``Options`` are the server's. Both are in `tracker.api.surroundings`.
- Numbers in paths are `Number`; a query that a route does not declare is refused for it.
'''
