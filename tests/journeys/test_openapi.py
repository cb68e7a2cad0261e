"""The API beside its own description: whatever it is asked, it answers what the description says.

Both journeys know of the API only what it publishes: one attacks it by that description, one is a client made from it.
"""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import httpx2
import pytest

from tests.cli.front_door import Elsewhere, environment
from tests.cli.serving import serving
from tests.journeys.conftest import Copies, Prepare
from tests.journeys.test_main_job import PROGRAM, main_job

PROGRAMS = Path(sys.executable).parent
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture(scope="module")
def copies(prepare: Prepare) -> Copies:
    return prepare(main_job)


def admin(elsewhere: Elsewhere) -> str:
    token: str = elsewhere.json("tokens", "create", "attacker", "--scope", "admin")["secret"]
    return token


def attack(elsewhere: Elsewhere, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Send what its description allows and forbids to the API, and check every answer in every way there is."""
    token = admin(elsewhere)
    with serving(elsewhere, ELSEWHERE_API__ANONYMOUS="false") as server:
        return subprocess.run(
            [
                PROGRAMS / "schemathesis",
                *("--config-file", CONFIGURATION, "run", f"{server.address}/api/v1/openapi.json"),
                *(
                    "--header",
                    f"Authorization: Bearer {token}",
                    "--checks",
                    "all",
                    "--no-color",
                    "--seed",
                    "1",
                ),
                *options,
            ],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )


def test_a_few_requests_of_each_kind_are_answered_as_described(copies: Copies, tmp_path: Path) -> None:
    with copies() as url:
        ran = attack(Elsewhere(url), tmp_path, "--phases", "examples,fuzzing", "--max-examples", "1")
    assert ran.returncode == 0, ran.stdout[-20_000:]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_no_request_is_answered_otherwise_than_described(copies: Copies, tmp_path: Path) -> None:
    with copies() as url:
        ran = attack(Elsewhere(url), tmp_path, "--max-examples", "8")
    assert ran.returncode == 0, ran.stdout[-20_000:]


@pytest.fixture
def generated(copies: Copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A client whose types were generated from the published description, connected with the API."""
    with copies() as url, serving(Elsewhere(url)) as server:
        description = tmp_path / "openapi.json"
        description.write_bytes(httpx2.get(f"{server.address}/api/v1/openapi.json").content)
        subprocess.run(
            [
                PROGRAMS / "clientele",
                "start-api",
                "--file",
                description,
                "--output",
                tmp_path / "elsewhere_client",
            ],
            check=True,
            capture_output=True,
        )
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setenv("BASE_URL", server.address)
        client = importlib.import_module("elsewhere_client.client")
        yield client
        client.client.close()
        for name in [name for name in sys.modules if name.partition(".")[0] == "elsewhere_client"]:
            del sys.modules[name]


def test_a_client_made_from_the_description_goes_round(generated: ModuleType) -> None:
    from elsewhere_client import schemas  # type: ignore[import-not-found]

    page = generated.action_items_list(text="e", sort="-title", limit=2)
    assert isinstance(page, schemas.PageItemshape)
    assert len(page.items) == 2
    following = generated.action_items_list(text="e", sort="-title", limit=2, cursor=page.next_cursor)
    assert {one.id for one in following.items}.isdisjoint({one.id for one in page.items})

    made = generated.action_items_create(
        data=schemas.ItemCreate(title="Write a runbook for the session cache")
    )
    assert isinstance(made, schemas.ItemShape)
    accepted = generated.action_items_accept(number=made.id)
    assert (accepted.id, accepted.state) == (made.id, schemas.ItemState.ACCEPTED)
    assert generated.action_items_read(number=made.id) == accepted

    again = generated.action_items_accept(number=made.id)
    assert isinstance(again, schemas.Problem)
    assert (again.status, again.instance) == (409, f"/api/v1/action-items/{made.id}/accept")

    program = generated.programs_read(key=PROGRAM)
    assert isinstance(program, schemas.ProgramShape)
    assert program.coverage == generated.programs_read_coverage(key=PROGRAM)
