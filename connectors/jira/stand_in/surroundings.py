"""Everything around issues: the server, ourselves and our rights, projects, screens, fields, people, and their page."""

from html import escape

from connectors.jira.stand_in.call import Call, Routes
from connectors.jira.stand_in.exchange import Answer, Refusal
from connectors.jira.stand_in.shapes import moment
from connectors.jira.stand_in.site import OURSELVES, UNSEEN
from connectors.jira.stand_in.workflow import PRIORITIES

routes = Routes()


@routes.on("GET", "/serverInfo", is_public=True)
def server_info(call: Call) -> Answer:
    """Tell anybody what runs here."""
    return Answer(
        200,
        {
            "baseUrl": call.site.url,
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100294,
            "buildDate": "2026-01-15T00:00:00.000+0000",
            "serverTime": moment(call.site.clock()),
            "scmInfo": "0" * 40,
            "serverTitle": "Stand-in of Jira",
            "serverTimeZone": "Etc/UTC",
        },
    )


@routes.on("GET", "/myself")
def myself(call: Call) -> Answer:
    """Tell who we are: the account of the token."""
    return Answer(200, call.shapes.person(OURSELVES.account_id))


@routes.on("GET", "/mypermissions", is_public=True)
def my_permissions(call: Call) -> Answer:
    """Tell what we may do; a stranger may nothing."""
    asked = call.request.listed("permissions")
    if not asked:
        raise Refusal(400, "The 'permissions' query parameter is required.")
    return Answer(
        200,
        {
            "permissions": {
                key: {
                    "id": str(number),
                    "key": key,
                    "name": key.replace("_", " ").capitalize(),
                    "type": "PROJECT",
                    "description": "",
                    "havePermission": call.may(key),
                }
                for number, key in enumerate(asked, 10)
            }
        },
    )


@routes.on("GET", "/project/search", is_public=True)
def project_search(call: Call) -> Answer:
    """List the projects that we may see; a stranger sees none, and gets no error."""
    projects = [call.shapes.project(project) for project in call.site.projects.values()]
    page = call.page("values", projects if call.may("BROWSE_PROJECTS") else [])
    return Answer(200, page | {"isLast": page["startAt"] + page["maxResults"] >= page["total"]})


@routes.on("GET", "/project/{project}", is_public=True)
def project(call: Call) -> Answer:
    """Show one project, with its types of issue."""
    found = call.project()
    types = [call.shapes.issue_type(found, name) for name in found.issue_types]
    return Answer(200, call.shapes.project(found) | {"issueTypes": types})


@routes.on("GET", "/project/{project}/statuses", is_public=True)
def project_statuses(call: Call) -> Answer:
    """List the statuses that each type of issue can have."""
    found = call.project()
    statuses = [call.shapes.status(name) for name in call.site.workflow.statuses]
    types = [call.shapes.issue_type(found, name) for name in found.issue_types]
    kept = ("self", "id", "name", "subtask")
    return Answer(200, [{name: kind[name] for name in kept} | {"statuses": statuses} for kind in types])


@routes.on("GET", "/issue/createmeta/{project}/issuetypes", is_public=True)
def create_issue_types(call: Call) -> Answer:
    """List the types of issue that can be made in a project."""
    found = call.project()
    types = [call.shapes.issue_type(found, name) for name in found.issue_types]
    return Answer(200, call.page("issueTypes", types))


@routes.on("GET", "/issue/createmeta/{project}/issuetypes/{type}", is_public=True)
def create_fields(call: Call) -> Answer:
    """List the fields on the screen for a new issue."""
    found = call.project()
    if call.names["type"] not in found.issue_types.values():
        raise Refusal(400, f"Issue type {call.names['type']} is not a type of project {found.key}.")
    names = [name for name in call.site.field_names if name in call.site.screen]
    return Answer(200, call.page("fields", [call.shapes.field_on_screen(found, name) for name in names]))


@routes.on("GET", "/field", is_public=True)
def all_fields(call: Call) -> Answer:
    """List every field of the site."""
    return Answer(200, [call.shapes.field(name) for name in call.site.field_names])


@routes.on("GET", "/priority")
def priorities(call: Call) -> Answer:
    """List every priority, the most urgent first."""
    return Answer(200, [call.shapes.priority(name) for name in PRIORITIES])


@routes.on("GET", "/status")
def statuses(call: Call) -> Answer:
    """List every status."""
    return Answer(200, [call.shapes.status(name) for name in call.site.workflow.statuses])


@routes.on("GET", "/resolution")
def resolutions(call: Call) -> Answer:
    """List every resolution."""
    return Answer(200, [call.shapes.resolution(name) for name in call.site.workflow.resolutions])


@routes.on("GET", "/user")
def user(call: Call) -> Answer:
    """Show one account."""
    account = call.request.one("accountId")
    if account not in call.site.people:
        raise Refusal(404, "Specified user does not exist or you do not have required permissions")
    return Answer(200, call.shapes.person(account))


@routes.on("GET", "/user/search")
def user_search(call: Call) -> Answer:
    """Find accounts by the beginning of a part of their name; an account id is not found that way."""
    account, query = call.request.one("accountId"), call.request.one("query").lower()
    if not (account or query):
        raise Refusal(400, "Either 'query' or 'accountId' or 'property' must be provided.")
    found = [
        call.shapes.person(person.account_id)
        for person in call.site.people.values()
        if person.account_id == account
        or (
            query
            and any(part.startswith(query) for part in (person.name.lower(), *person.name.lower().split()))
        )
    ]
    start = call.number("startAt", 0)
    return Answer(200, found[start : start + call.number("maxResults", 50)])


@routes.on("GET", "/browse/{issue}", is_public=True)
def browse(call: Call) -> Answer:
    """Show an issue to whoever rehearses, who has no account to sign in with in a browser."""
    issue = call.site.issue(call.names["issue"])
    if issue.is_hidden:
        raise Refusal(404, UNSEEN)
    told = [issue.status, issue.resolution, issue.values.get("description")]
    words = "".join(f"<p style='white-space: pre-wrap'>{escape(one)}</p>" for one in told if one)
    title = escape(f"{issue.key}: {issue.values['summary']}")
    page = f"<!doctype html><meta charset='utf-8'><title>{title}</title><h1>{title}</h1>{words}\n"
    return Answer(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})
