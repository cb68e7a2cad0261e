"""Every knob of the tracker. Each is an environment variable ``ELSEWHERE_<NAME>`` and a key of the settings file."""

import getpass
import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_args

from platformdirs import user_data_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, SecretStr
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from tracker.core.errors import InvalidInput
from tracker.core.issue_sync import Policies
from tracker.core.nightly import CatalogLocation, PostmortemLocation, parse_duration
from tracker.core.where_else import RankWeights

PREFIX = "ELSEWHERE_"


def _database_in_data_folder() -> SecretStr:
    return SecretStr(f"sqlite:///{user_data_path('elsewhere') / 'elsewhere.sqlite'}")


def _operating_system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number without a name
        return "unknown"


def _location(value: Any) -> Any:
    return {"location": value} if isinstance(value, str) else value


def _locations(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise ValueError("is not a JSON list such as '[\"/srv/x\"]'")  # noqa: TRY004 - a value of a setting
    return found


def _duration(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_duration(value)
    except InvalidInput as error:
        raise ValueError(error.problem) from None


class NightlySettings(BaseModel):
    """What the nightly run reads, and how long it may take."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    postmortems: Annotated[
        tuple[Annotated[PostmortemLocation, BeforeValidator(_location)], ...],
        NoDecode,
        BeforeValidator(_locations),
    ] = Field(
        default=(),
        description='Where postmortems are kept: "FOLDER", or {source = "files", location = "…", confidential = true}.',
    )
    catalogs: Annotated[
        tuple[Annotated[CatalogLocation, BeforeValidator(_location)], ...],
        NoDecode,
        BeforeValidator(_locations),
    ] = Field(
        default=(),
        description='Where the catalog is described: "FILE", or {kind = "jsonl", location = "…"}.',
    )
    deadline: Annotated[timedelta, BeforeValidator(_duration)] | None = Field(
        default=None,
        gt=timedelta(0),
        description='How long a run may take, such as "2h" or "1h30m"; it begins nothing new after that.',
    )


def _words(value: Any) -> Any:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
"""Several words: a list in the settings file, a text with spaces or commas between them in the environment."""


class ApiSettings(BaseModel):
    """Who may use the API, and from where."""

    # The environment also names files of secrets; what the settings file may say is checked where it is read.
    model_config = ConfigDict(extra="ignore", frozen=True)

    anonymous: bool = Field(
        default=True,
        description="Whether `elsewhere serve` on a loopback address lets programs of this machine read and write "
        "without a token. Say no when a proxy passes other people's requests on.",
    )
    tokens: SecretStr | None = Field(
        default=None,
        description="Tokens that need no database, as NAME:SCOPE:SECRET with commas or spaces between them.",
    )
    allowed_hosts: Words = Field(
        default=(),
        description="The names that requests may call the server by, without port; * allows any. If not set: those of "
        "loopback, or any when the server listens elsewhere, where every request needs a token.",
    )
    cors_origins: Words = Field(
        default=(),
        description="Other sites whose pages may use the API, such as https://status.example.com. None if not set.",
    )
    max_body_bytes: int = Field(
        default=8 * 2**20, ge=1024, le=2**31, description="The largest body of a request that is read."
    )


class Settings(BaseSettings):
    """The tracker's settings; connectors have their own."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", allow_inf_nan=False
    )

    database_url: SecretStr = Field(
        default_factory=_database_in_data_folder,
        description="Where everything is kept: sqlite:///FILE or postgresql://user:password@host/name.",
    )
    actor: str = Field(
        default_factory=_operating_system_user,
        min_length=1,
        max_length=200,
        description="Who makes the changes, for the audit trail; the user of the operating system if not set.",
    )
    log_level: str = Field(
        default="warning",
        pattern="^(debug|info|warning|error)$",
        description="What is logged on standard error: debug, info, warning or error.",
    )
    log_format: str = Field(
        default="text", pattern="^(text|json)$", description="Logs for people (text) or for machines (json)."
    )
    lease_seconds: float = Field(
        default=90,
        ge=5,
        le=86_400,
        description="How long a nightly run or a sync that died without a word keeps others from beginning.",
    )
    rank: RankWeights = Field(
        default=RankWeights(),
        description="What each part of a report's score counts for, as ELSEWHERE_RANK__TIER and so on.",
    )
    sync: Policies = Field(
        default=Policies(),
        description="Who wins a field that was changed here and in the issue tracker, as ELSEWHERE_SYNC__DUE and so on: "
        "ours, theirs, or ask.",
    )
    api: ApiSettings = Field(default=ApiSettings(), description="Who may use the API, and from where.")
    nightly: NightlySettings = Field(
        default=NightlySettings(), description="What the nightly run reads, and how long it may take."
    )

    _of_connectors: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def of_connectors(self) -> Mapping[str, str]:
        """What the settings file says to connectors, as the environment variables that would say the same."""
        return self._of_connectors

    @classmethod
    def layered(
        cls,
        overrides: Mapping[str, Any],
        environment: Mapping[str, str],
        file: Mapping[str, Any],
        of_connectors: Mapping[str, str],
    ) -> "Settings":
        """Return the settings that are said by overrides, else by the environment, else by the file, else by default."""
        secrets = _secrets_in_files(environment)

        class Layered(cls):  # type: ignore[valid-type, misc]
            @classmethod
            def settings_customise_sources(
                cls, settings_cls: type[BaseSettings], **sources: PydanticBaseSettingsSource
            ) -> tuple[PydanticBaseSettingsSource, ...]:
                layers = (
                    InitSettingsSource(settings_cls, init_kwargs=dict(said)) for said in (secrets, file)
                )
                return (sources["init_settings"], sources["env_settings"], *layers)

        settings: Settings = Layered(**overrides)
        settings._of_connectors = dict(of_connectors)
        return settings


def read_file(path: Path, connectors: Collection[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a settings file says: of the tracker, and to connectors, as the environment variables that would.

    A table that is named like a connector is the connector's. Raises `InvalidInput` naming the file and the key, never
    the value.
    """
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except OSError as error:
        raise InvalidInput(f"cannot be read ({error.strerror})", str(path)) from None
    except UnicodeDecodeError:
        raise InvalidInput("is not text in UTF-8", str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"is not TOML: {error}", str(path)) from None
    of_connectors = {
        f"{PREFIX}{name}_{key}".upper(): _as_variable(value)
        for name in [name for name in values if name in connectors and name not in Settings.model_fields]
        for key, value in _table(values.pop(name), f"{path}#/{name}").items()
    }
    values = _with_contents_of_files(values, str(path))
    for pointer, nearest in _strangers(values, Settings, connectors):
        hint = f"; did you mean {nearest!r}?" if nearest else ""
        raise InvalidInput(f"there is no such setting{hint}", f"{path}#{pointer}")
    return values, of_connectors


def _table(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput("is the name of a connector; its settings are a table", place)
    return value


def _as_variable(value: Any) -> str:
    """Return a TOML value as an environment variable would say it: a text as it is, the rest as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, default=_iso, ensure_ascii=False)


def _iso(value: datetime | date | time) -> str:
    return value.isoformat()


def refuse_strangers(environment: Mapping[str, str], connectors: Callable[[], Collection[str]]) -> None:
    """Raise `InvalidInput` for a variable that looks like a setting but is none, naming the one that it is most like."""
    knobs = {"__".join(path).upper() for path in _knobs(Settings)}
    known = {*_BESIDE_THE_KNOBS, *knobs, *("__".join(path).upper() + "_FILE" for path in secrets())}
    strangers = sorted(
        name.removeprefix(PREFIX)
        for name, value in environment.items()
        if name.startswith(PREFIX) and not _is_of_kubernetes(name, value)
    )
    # To ask which connectors are installed takes long, so it is asked only if there is somebody to tell apart.
    strangers = [name for name in strangers if name not in known]
    prefixes = tuple(f"{one}_".upper() for one in connectors()) if strangers else ()
    for name in strangers:
        if not name.startswith(prefixes):
            as_connectors = [one + name.partition("_")[2] for one in prefixes]
            close = get_close_matches(name, sorted(known.union(as_connectors)), n=1)
            hint = f"; did you mean {PREFIX}{close[0]}?" if close else ""
            raise InvalidInput(f"there is no such setting{hint}", PREFIX + name)


_BESIDE_THE_KNOBS = ("SETTINGS", "SHARED")
"""Variables that are no knobs: the one that names the settings file, and the one that the tests take their input from."""


def _is_of_kubernetes(name: str, value: str) -> bool:
    """Return whether Kubernetes says by this variable where a service is whose name begins with elsewhere."""
    if re.fullmatch(r"\w+_SERVICE_(HOST|PORT(_\w+)?)", name):
        return True
    found = re.fullmatch(r"\w+?_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?", name)
    return found is not None and (found[1] is not None or "://" in value)


def _knobs(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each setting, and of each group of them."""
    for name, annotation in _parts(group).items():
        yield (*path, name)
        if _is_group(annotation):
            yield from _knobs(annotation, (*path, name))


def _strangers(
    values: Mapping[str, Any], group: Any, more: Collection[str] = (), pointer: str = ""
) -> Iterator[tuple[str, str | None]]:
    """Yield each key that no setting has, as a JSON pointer, with the name that it is most like."""
    known = _parts(group)
    for key, value in values.items():
        here = f"{pointer}/{key}"
        if key not in known:
            close = get_close_matches(key, [*known, *more], n=1)
            yield here, close[0] if close else None
            continue
        inner = _group_in(known[key])
        if inner is not None:
            for index, one in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(one, dict):
                    yield from _strangers(
                        one, inner, pointer=f"{here}/{index}" if isinstance(value, list) else here
                    )


def _parts(group: Any) -> dict[str, Any]:
    """Return the names and types of the settings in a group."""
    if is_dataclass(group):
        return {one.name: one.type for one in fields(group)}
    return {name: field.annotation for name, field in group.model_fields.items()}


def _group_in(annotation: Any) -> Any | None:
    """Return the group of settings that a type is, or has as its parts."""
    if _is_group(annotation):
        return annotation
    return next(filter(None, map(_group_in, get_args(annotation))), None)


def _is_group(annotation: Any) -> bool:
    return is_dataclass(annotation) or (isinstance(annotation, type) and issubclass(annotation, BaseModel))


def secrets(group: Any = Settings) -> Iterator[tuple[str, ...]]:
    """Yield the path of each setting that is a secret, and may be kept in a file that only the program reads."""
    for name, annotation in _parts(group).items():
        if annotation is SecretStr or SecretStr in get_args(annotation):
            yield (name,)
        elif _is_group(annotation):
            yield from ((name, *rest) for rest in secrets(annotation))


def _secrets_in_files(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the secrets that the environment names files for, as ``ELSEWHERE_<NAME>_FILE``."""
    found: dict[str, Any] = {}
    for path in secrets():
        name = PREFIX + "__".join(path).upper()
        if file := environment.get(f"{name}_FILE"):
            if name in environment:
                raise InvalidInput(f"is set, and so is {name}; unset one of them", f"{name}_FILE")
            _put(found, path, _content(file, f"{name}_FILE"))
    return found


def _with_contents_of_files(values: dict[str, Any], place: str) -> dict[str, Any]:
    """Return the values of a settings file, each ``<name>_file`` of a secret replaced by what that file holds."""
    for path in secrets():
        table: Any = values
        for name in path[:-1]:
            table = table.get(name, {}) if isinstance(table, dict) else {}
        if isinstance(table, dict) and (file := table.pop(f"{path[-1]}_file", None)) is not None:
            pointer = f"{place}#/{'/'.join(path)}"
            if path[-1] in table:
                raise InvalidInput("is set, and so is its file; keep one of them", pointer)
            table[path[-1]] = _content(str(file), f"{pointer}_file")
    return values


def _content(file: str, place: str) -> str:
    try:
        content = Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read ({error.strerror})", place) from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is not text in UTF-8", place) from None
    if not content:
        raise InvalidInput(f"{file} is empty", place)
    return content


def _put(values: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    for name in path[:-1]:
        values = values.setdefault(name, {})
    values[path[-1]] = value
