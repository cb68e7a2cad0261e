"""The JSON shapes in which Jira answers."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.jira.stand_in.fields import SYSTEM_FIELDS
from connectors.jira.stand_in.site import Comment, Issue, Site
from connectors.jira.stand_in.wording import document
from connectors.jira.stand_in.workflow import PRIORITIES, Category, Project, Transition


class Shapes:
    """The shapes of one site in one version of the API."""

    def __init__(self, site: Site, version: str) -> None:
        self.site = site
        self.version = version
        self.base = f"{site.url}/rest/api/{version}"

    def issue(
        self, issue: Issue, wanted: Collection[str], properties: Collection[str] | None = None
    ) -> dict[str, Any]:
        """Return an issue, with the fields of a ``fields`` list and the entity properties that were asked for."""
        shape: dict[str, Any] = {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
            "id": str(issue.id),
            "self": f"{self.base}/issue/{issue.id}",
            "key": issue.key,
        }
        if set(wanted) <= {"id", "key"} and wanted:
            return {"id": shape["id"]} if set(wanted) == {"id"} else shape
        shape["fields"] = _selected(self._fields(issue), wanted)
        if properties is not None:
            shape["properties"] = {
                key: value
                for key, value in issue.properties.items()
                if key in properties or "*all" in properties
            }
        return shape

    def _fields(self, issue: Issue) -> dict[str, Any]:
        values = issue.values
        text = values["description"]
        shown = {
            "summary": values["summary"],
            "description": document(text) if self.version == "3" else text,
            "issuetype": self.issue_type(self.site.projects[issue.project], values["issuetype"]),
            "project": self.project(self.site.projects[issue.project]),
            "priority": self.priority(values["priority"]),
            "labels": list(values["labels"]),
            "assignee": self.person(values.get("assignee")),
            "duedate": values.get("duedate"),
            "status": self.status(issue.status),
            "statusCategory": self.category(self.site.workflow.statuses[issue.status]),
            "resolution": self.resolution(issue.resolution),
            "resolutiondate": issue.resolved and moment(issue.resolved),
            "creator": self.person(issue.creator),
            "reporter": self.person(issue.creator),
            "created": moment(issue.created),
            "updated": moment(issue.updated),
            "comment": self.comments(issue),
        }
        return shown | {name: values.get(name) for name in self.site.custom_fields}

    def comments(self, issue: Issue) -> dict[str, Any]:
        """Return a page with all comments of an issue."""
        comments = [self.comment(issue, comment) for comment in issue.comments]
        return {"comments": comments, "maxResults": 100, "total": len(comments), "startAt": 0}

    def comment(self, issue: Issue, comment: Comment) -> dict[str, Any]:
        """Return one comment."""
        return {
            "self": f"{self.base}/issue/{issue.id}/comment/{comment.id}",
            "id": comment.id,
            "author": self.person(comment.author),
            "body": document(comment.body) if self.version == "3" else comment.body,
            "created": moment(comment.created),
            "updated": moment(comment.created),
        }

    def person(self, account_id: str | None) -> dict[str, Any] | None:
        """Return an account, without the e-mail address, which Cloud hides."""
        if account_id is None:
            return None
        person = self.site.people[account_id]
        return {
            "self": f"{self.base}/user?accountId={account_id}",
            "accountId": account_id,
            "accountType": "atlassian",
            "displayName": person.name,
            "active": person.is_active,
            "timeZone": self.site.time_zone,
        }

    def project(self, project: Project) -> dict[str, Any]:
        """Return a project as others mention it."""
        return {
            "self": f"{self.base}/project/{project.id}",
            "id": str(project.id),
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "simplified": False,
        }

    def issue_type(self, project: Project, name: str) -> dict[str, Any]:
        """Return a type of issue."""
        number = project.issue_types[name]
        return {
            "self": f"{self.base}/issuetype/{number}",
            "id": number,
            "name": name,
            "description": "",
            "subtask": False,
            "hierarchyLevel": 1 if name == "Epic" else 0,
        }

    def category(self, category: Category) -> dict[str, Any]:
        """Return a category of statuses."""
        number, key, name, colour = category.value
        return {
            "self": f"{self.base}/statuscategory/{number}",
            "id": number,
            "key": key,
            "name": name,
            "colorName": colour,
        }

    def status(self, name: str) -> dict[str, Any]:
        """Return a status, with its category."""
        number = self.site.workflow.id_of(name)
        return {
            "self": f"{self.base}/status/{number}",
            "id": number,
            "name": name,
            "description": "",
            "statusCategory": self.category(self.site.workflow.statuses[name]),
        }

    def priority(self, name: str) -> dict[str, Any]:
        """Return a priority."""
        return {"self": f"{self.base}/priority/{PRIORITIES[name]}", "id": PRIORITIES[name], "name": name}

    def resolution(self, name: str | None) -> dict[str, Any] | None:
        """Return a resolution, or nothing for an open issue."""
        if name is None:
            return None
        number = str(10000 + list(self.site.workflow.resolutions).index(name))
        return {"self": f"{self.base}/resolution/{number}", "id": number, "name": name, "description": ""}

    def transition(self, transition: Transition, *, with_fields: bool) -> dict[str, Any]:
        """Return a transition; with the fields of its screen where they were asked for."""
        shape: dict[str, Any] = {
            "id": transition.id,
            "name": transition.name,
            "to": self.status(transition.to),
            "hasScreen": transition.resolution is not None,
            "isGlobal": not transition.sources,
            "isInitial": False,
            "isConditional": False,
            "isAvailable": True,
        }
        if with_fields:
            shape["fields"] = {}
            if transition.resolution is not None:
                shape["fields"]["resolution"] = {
                    "required": transition.resolution,
                    "schema": {"type": "resolution", "system": "resolution"},
                    "name": "Resolution",
                    "key": "resolution",
                    "operations": ["set"],
                    "allowedValues": [self.resolution(name) for name in self.site.workflow.resolutions],
                }
        return shape

    def field_on_screen(self, project: Project, name: str) -> dict[str, Any]:
        """Return a field as the screen for new issues has it."""
        shape: dict[str, Any] = {
            "required": name in {"summary", "issuetype", "project", *self.site.required_fields},
            "schema": self._schema(name),
            "name": self.site.field_names[name],
            "key": name,
            "fieldId": name,
            "hasDefaultValue": name == "priority",
            "operations": ["add", "set", "remove"] if name == "labels" else ["set"],
        }
        if name == "priority":
            shape["allowedValues"] = [self.priority(priority) for priority in PRIORITIES]
        elif name == "issuetype":
            shape["allowedValues"] = [self.issue_type(project, each) for each in project.issue_types]
        elif name == "project":
            shape["allowedValues"] = [self.project(project)]
        return shape

    def field(self, name: str) -> dict[str, Any]:
        """Return a field of the site."""
        is_custom = name in self.site.custom_fields
        return {
            "id": name,
            "key": name,
            "name": self.site.field_names[name],
            "custom": is_custom,
            "orderable": name in self.site.screen,
            "navigable": name != "comment",
            "searchable": True,
            "clauseNames": [f"cf[{name.rpartition('_')[2]}]" if is_custom else name],
            "schema": self._schema(name),
        }

    def _schema(self, name: str) -> dict[str, Any]:
        if name in self.site.custom_fields:
            number = int(name.rpartition("_")[2])
            return {"type": "string", "custom": "com.atlassian.jira.plugin:textfield", "customId": number}
        kind = SYSTEM_FIELDS[name][1]
        return {"type": kind, "system": name} | ({"items": "string"} if kind == "array" else {})


def moment(at: datetime) -> str:
    """Return a time as Jira prints it, with milliseconds and an offset without a colon."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}+0000"


def _selected(fields: Mapping[str, Any], wanted: Collection[str]) -> dict[str, Any]:
    """Return the fields of a ``fields`` list: names, ``*all``, ``*navigable``, and ``-name`` to leave out."""
    out = {name[1:] for name in wanted if name.startswith("-")}
    if "*navigable" in wanted and "*all" not in wanted:
        out.add("comment")
    everything = not wanted or "*all" in wanted or "*navigable" in wanted or out >= set(wanted)
    if wanted and all(name.startswith("-") for name in wanted):
        everything = True
    return {
        name: value
        for name, value in fields.items()
        if (everything or name in wanted) and (name not in out or name in wanted)
    }
