"""Every knob of the tracker. Each is an environment variable ``ELSEWHERE_<NAME>``."""

import getpass

from platformdirs import user_data_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from tracker.core.where_else import RankWeights


def _database_in_data_folder() -> SecretStr:
    return SecretStr(f"sqlite:///{user_data_path('elsewhere') / 'elsewhere.sqlite'}")


def _operating_system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number without a name
        return "unknown"


class Settings(BaseSettings):
    """The tracker's settings; connectors have their own."""

    model_config = SettingsConfigDict(
        env_prefix="ELSEWHERE_", env_nested_delimiter="__", extra="ignore", allow_inf_nan=False
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
    rank: RankWeights = Field(
        default=RankWeights(),
        description="What each part of a report's score counts for, as ELSEWHERE_RANK__TIER and so on.",
    )
