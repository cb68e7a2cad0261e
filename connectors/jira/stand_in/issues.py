"""Issues over REST: make, read, change, move along, remark on, and mark with entity properties."""

from typing import Any

from connectors.jira.stand_in import fields
from connectors.jira.stand_in.call import Call, Routes
from connectors.jira.stand_in.exchange import Answer, Refusal
from connectors.jira.stand_in.site import OURSELVES
from connectors.jira.stand_in.wording import MOST_TEXT, normalised, text_of

MOST_AT_ONCE_IN = 50
MOST_AT_ONCE_OUT = 100
MOST_PROPERTIES = 5
MOST_PROPERTY = 32_768

routes = Routes()


@routes.on("POST", "/issue")
def create(call: Call) -> Answer:
    """Make one issue."""
    return Answer(201, _created(call, call.body()))


@routes.on("POST", "/issue/bulk")
def create_in_bulk(call: Call) -> Answer:
    """Make up to 50 issues; those that fail do not stop the others."""
    drafts = call.member(call.body(), "issueUpdates", list, [])
    if not drafts:
        raise Refusal(400, "No issues to create.")
    if len(drafts) > MOST_AT_ONCE_IN:
        raise Refusal(400, f"The maximum number of issues that can be created at once is {MOST_AT_ONCE_IN}.")
    issues, errors = [], []
    for number, draft in enumerate(drafts):
        try:
            issues.append(_created(call, draft))
        except Refusal as refusal:
            errors.append(
                {"status": refusal.status, "elementErrors": refusal.body, "failedElementNumber": number}
            )
    return Answer(201 if issues else 400, {"issues": issues, "errors": errors})


def _created(call: Call, draft: Any) -> dict[str, Any]:
    if not isinstance(draft, dict):
        raise Refusal(400, "An issue to create must be an object.")
    given = call.member(draft, "fields", dict, {})
    if not call.may("CREATE_ISSUES"):
        raise Refusal(403, "You do not have permission to create issues in this project.")
    if missing := {"project", "issuetype"} - set(given):
        raise Refusal(400, **{name: f"Specify a valid {name}" for name in missing})
    properties = _properties(call.member(draft, "properties", list, []))
    issue = call.site.add(given, OURSELVES.account_id, call.version)
    for key, value in properties.items():
        call.site.put_property(issue.id, key, value)
    return {"id": str(issue.id), "key": issue.key, "self": f"{call.shapes.base}/issue/{issue.id}"}


def _properties(given: list[Any]) -> dict[str, Any]:
    if not all(isinstance(one, dict) and set(one) == {"key", "value"} for one in given):
        raise Refusal(400, "Every entity property needs a key and a value.")
    return {one["key"]: one["value"] for one in given}


@routes.on("POST", "/issue/bulkfetch", is_public=True)
def read_in_bulk(call: Call) -> Answer:
    """Read up to 100 issues, in order of id; those that we cannot see are left out."""
    body = call.body("expand", "fields", "fieldsByKeys", "issueIdsOrKeys", "properties")
    names = call.names_in(body, "issueIdsOrKeys") or []
    if not 1 <= len(names) <= MOST_AT_ONCE_OUT:
        raise Refusal(400, f"Provide between 1 and {MOST_AT_ONCE_OUT} issue ids or keys.")
    properties = call.names_in(body, "properties")
    if len(properties or ()) > MOST_PROPERTIES:
        raise Refusal(400, f"At most {MOST_PROPERTIES} properties can be asked for.")
    found = {}
    for name in names:
        try:
            issue = call.visible(name)
        except Refusal:
            continue
        found[issue.id] = issue
    wanted = call.names_in(body, "fields") or ["*navigable"]
    shapes = [call.shapes.issue(found[number], wanted, properties) for number in sorted(found)]
    return Answer(200, {"issues": shapes, "issueErrors": []})


@routes.on("GET", "/issue/{issue}", is_public=True)
def read(call: Call) -> Answer:
    """Read one issue by its id, its key, or a key that it once had."""
    listed = call.request.listed
    return Answer(200, call.shapes.issue(call.issue(), listed("fields") or ["*all"], listed("properties")))


@routes.on("PUT", "/issue/{issue}", is_public=True)
def edit(call: Call) -> Answer:
    """Change fields of an issue, all or none."""
    issue, body = call.issue(), call.body()
    if not call.may("EDIT_ISSUES"):
        raise Refusal(403, "You do not have permission to edit issues in this project.")
    given, update = call.member(body, "fields", dict, {}), call.member(body, "update", dict, {})
    if twice := set(given) & set(update):
        raise Refusal(
            400, **{name: f"Field '{name}' cannot appear in both 'fields' and 'update'" for name in twice}
        )
    if "project" in {*given, *update}:
        raise Refusal(400, project=fields.NOT_ON_THE_SCREEN.format("project"))
    given = given | fields.fold(update, issue.values["labels"])
    values = fields.read(call.site, given, call.version)
    for name in call.site.required_fields & set(values):
        if values[name] in (None, "", ()):
            raise Refusal(400, **{name: f"{call.site.field_names[name]} is required."})
    properties = _properties(call.member(body, "properties", list, []))
    call.site.change(issue.id, values)
    for key, value in properties.items():
        call.site.put_property(issue.id, key, value)
    return Answer(204)


@routes.on("DELETE", "/issue/{issue}", is_public=True)
def delete(call: Call) -> Answer:
    """Delete an issue."""
    issue = call.issue()
    if not call.may("DELETE_ISSUES"):
        raise Refusal(403, "You do not have permission to delete issues in this project.")
    call.site.delete(issue.id)
    return Answer(204)


@routes.on("GET", "/issue/{issue}/transitions", is_public=True)
def transitions(call: Call) -> Answer:
    """List the moves that an issue has now."""
    issue = call.issue()
    moves = call.site.workflow.open_from(issue.status) if call.may("TRANSITION_ISSUES") else ()
    with_fields = "transitions.fields" in call.request.one("expand")
    asked = call.request.one("transitionId")
    shapes = [
        call.shapes.transition(move, with_fields=with_fields) for move in moves if asked in ("", move.id)
    ]
    return Answer(200, {"expand": "transitions", "transitions": shapes})


@routes.on("POST", "/issue/{issue}/transitions", is_public=True)
def transition(call: Call) -> Answer:
    """Make a move, with the fields of its screen."""
    issue, body = call.issue(), call.body()
    asked = call.member(body, "transition", dict, {}).get("id")
    if asked is None:
        raise Refusal(400, "Missing 'transition' identifier")
    moves = call.site.workflow.open_from(issue.status) if call.may("TRANSITION_ISSUES") else ()
    move = next((move for move in moves if move.id == str(asked)), None)
    if move is None:
        raise Refusal(
            400,
            f"It seems that you have tried to perform a workflow operation ({asked}) that is not valid for the "
            f"current state of this issue {issue.key}. The likely cause is that somebody has changed the issue recently.",
        )
    given = call.member(body, "fields", dict, {})
    allowed = {"resolution"} if move.resolution is not None else set()
    if wrong := set(given) - allowed:
        raise Refusal(400, **{name: fields.NOT_ON_THE_SCREEN.format(name) for name in sorted(wrong)})
    resolution = _resolution(call, given["resolution"]) if given.get("resolution") else None
    if move.resolution and resolution is None:
        raise Refusal(400, resolution="Resolution is required.")
    call.site.transition(issue.id, move.to, resolution)
    return Answer(204)


def _resolution(call: Call, value: Any) -> str:
    for name in call.site.workflow.resolutions:
        shape = call.shapes.resolution(name) or {}
        if isinstance(value, dict) and (value.get("name") == name or str(value.get("id")) == shape["id"]):
            return name
    raise Refusal(400, resolution="The resolution selected is invalid.")


@routes.on("GET", "/issue/{issue}/comment", is_public=True)
def comments(call: Call) -> Answer:
    """List what was said at an issue."""
    issue = call.issue()
    return Answer(200, call.page("comments", call.shapes.comments(issue)["comments"], 100))


@routes.on("POST", "/issue/{issue}/comment", is_public=True)
def add_comment(call: Call) -> Answer:
    """Say something at an issue."""
    issue, body = call.issue(), call.body()
    text = text_of(body.get("body")) if call.version == "3" else call.member(body, "body", str, "")
    text = normalised(text)
    if not text or len(text) > MOST_TEXT:
        raise Refusal(400, comment=f"A comment has between 1 and {MOST_TEXT:,} characters.")
    comment = call.site.comment(issue.id, text, OURSELVES.account_id)
    return Answer(201, call.shapes.comment(call.site.issue(issue.id), comment))


@routes.on("GET", "/issue/{issue}/properties", is_public=True)
def property_keys(call: Call) -> Answer:
    """List the keys of an issue's entity properties."""
    issue = call.issue()
    base = f"{call.shapes.base}/issue/{issue.id}/properties"
    return Answer(200, {"keys": [{"key": key, "self": f"{base}/{key}"} for key in sorted(issue.properties)]})


@routes.on("GET", "/issue/{issue}/properties/{key}", is_public=True)
def read_property(call: Call) -> Answer:
    """Show one entity property."""
    issue, key = call.issue(), call.names["key"]
    if key not in issue.properties:
        raise Refusal(404, f"The property '{key}' does not exist.")
    return Answer(200, {"key": key, "value": issue.properties[key]})


@routes.on("PUT", "/issue/{issue}/properties/{key}", is_public=True)
def put_property(call: Call) -> Answer:
    """Set an entity property, which moves nothing else of the issue."""
    issue, value = call.issue(), call.request.body
    if not call.may("EDIT_ISSUES"):
        raise Refusal(403, "You do not have permission to edit issues in this project.")
    if value is None or isinstance(value, bytes):
        raise Refusal(400, "The property value must be valid, non-empty JSON.")
    if len(str(value)) > MOST_PROPERTY:
        raise Refusal(400, f"The property value is longer than {MOST_PROPERTY} characters.")
    return Answer(201 if call.site.put_property(issue.id, call.names["key"], value) else 200, {})


@routes.on("DELETE", "/issue/{issue}/properties/{key}", is_public=True)
def delete_property(call: Call) -> Answer:
    """Remove an entity property."""
    issue, key = call.issue(), call.names["key"]
    if key not in issue.properties:
        raise Refusal(404, f"The property '{key}' does not exist.")
    call.site.delete_property(issue.id, key)
    return Answer(204)
