"""The samples of the page on the nightly run are taken by what they are for, and their commands by the program."""

import os
import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.front_door import Elsewhere
from tests.house_rules.document_rules import snippets
from tests.house_rules.tree import checkout
from tracker.core.nightly import parse_duration

SAMPLES = {one.title: one.text for one in snippets(checkout()) if one.page.name == "nightly.md" and one.title}
PROGRAM = "/opt/elsewhere/bin/elsewhere"


def crontab() -> str:
    [line] = [line for line in SAMPLES["crontab"].splitlines() if not re.match(r"[A-Z]+=", line)]
    return line


def unit(name: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(SAMPLES[name])
    return parser


def cron_job() -> dict[str, Any]:
    job: dict[str, Any] = yaml.safe_load(SAMPLES["cronjob.yaml"])
    return job


def pod() -> dict[str, Any]:
    spec: dict[str, Any] = cron_job()["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def in_cron() -> list[str]:
    words = shlex.split(crontab().split(maxsplit=6)[6])
    return words[: words.index(">")]


def in_systemd() -> list[str]:
    return shlex.split(unit("elsewhere-nightly.service")["Service"]["ExecStart"])


def in_kubernetes() -> list[str]:
    [container] = pod()["containers"]
    return [*container["command"], *container["args"]]


COMMANDS = [in_cron, in_systemd, in_kubernetes]


def is_schedule(fields: list[str]) -> bool:
    limits = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
    return len(fields) == 5 and all(
        field == "*" or (field.isdigit() and low <= int(field) <= high)
        for field, (low, high) in zip(fields, limits, strict=True)
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_is_one_that_the_program_takes(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("ELSEWHERE_") and name != "ELSEWHERE_SHARED"]:
        monkeypatch.delenv(name)
    program, *words = command()
    assert program.rpartition("/")[2] == "elsewhere"
    (tmp_path / "elsewhere.toml").write_text(f'database_url = "sqlite:///{tmp_path}/elsewhere.sqlite"\n')
    words = [word.replace("/etc/elsewhere", str(tmp_path)) for word in words]
    answer = Elsewhere()(*words, "--dry-run").done()
    assert answer.json["dry_run"] is True
    assert words[words.index("--deadline") + 1] == "4h"


def test_cron_is_told_when_and_as_whom() -> None:
    *when, user, program = crontab().split(maxsplit=6)[:6] + crontab().split()[6:7]
    assert is_schedule(when)
    assert user == "elsewhere"
    assert program == PROGRAM
    assert "%" not in crontab(), "cron ends the command there"


def test_no_schedule_of_five_wrong_fields_passes() -> None:
    assert not is_schedule(["60", "2", "*", "*", "*"])
    assert not is_schedule(["17", "2", "*", "*"])


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("THE UNITS ARE NOT VERIFIED BY SYSTEMD: there is no systemd-analyze")
    for name in ("elsewhere-nightly.service", "elsewhere-nightly.timer"):
        (tmp_path / name).write_text(SAMPLES[name].replace(PROGRAM, "/bin/true"))
    files = [str(file) for file in tmp_path.iterdir()]
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in verified.stderr.splitlines() if "elsewhere-nightly" in line] == []
    assert verified.returncode == 0, verified.stderr


def test_the_service_ends_in_order_and_knows_the_codes() -> None:
    service = unit("elsewhere-nightly.service")["Service"]
    assert service["Type"] == "oneshot"
    assert service["SuccessExitStatus"].split() == ["3", "143"]
    assert service["User"] != "root"
    credential, _, _ = service["LoadCredential"].partition(":")
    assert service["Environment"] == f"ELSEWHERE_JIRA_TOKEN_FILE=%d/{credential}"


def test_the_timer_starts_the_service_also_when_the_machine_was_off() -> None:
    timer = unit("elsewhere-nightly.timer")
    assert re.fullmatch(r"\*-\*-\* \d\d:\d\d:\d\d", timer["Timer"]["OnCalendar"])
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_the_cron_job_never_runs_twice_and_ends_after_the_run_did() -> None:
    job = cron_job()
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    spec = job["spec"]
    assert is_schedule(spec["schedule"].split())
    assert spec["concurrencyPolicy"] == "Forbid"
    template = spec["jobTemplate"]["spec"]
    words = in_kubernetes()
    deadline = parse_duration(words[words.index("--deadline") + 1])
    assert template["activeDeadlineSeconds"] > deadline.total_seconds()
    [rule] = template["podFailurePolicy"]["rules"]
    [container] = pod()["containers"]
    assert rule["onExitCodes"] == {"containerName": container["name"], "operator": "In", "values": [2, 3]}
    assert pod()["restartPolicy"] == "Never", "a failure policy asks for it"


def test_the_cron_job_has_no_rights_that_it_does_not_need() -> None:
    assert pod()["securityContext"]["runAsNonRoot"] is True
    assert pod()["automountServiceAccountToken"] is False
    [container] = pod()["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_secrets_of_the_cron_job_are_files_that_are_mounted() -> None:
    [container] = pod()["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert set(mounts) == {volume["name"] for volume in pod()["volumes"]}
    for variable in container["env"]:
        assert variable["name"].endswith("_FILE")
        assert variable["value"].startswith(f"{mounts['secrets']}/")
    assert mounts["settings"] == "/etc/elsewhere"
