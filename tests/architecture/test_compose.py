"""compose.yaml runs what the documentation says, on commands that exist, with no secret in it."""

import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.cli.commands import application
from app.cli.processes import GRACE_SECONDS
from app.settings import Settings
from app.worker.loop import run

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "compose.yaml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]


def named(variables: Iterable[str]) -> set[str]:
    """Return the settings that environment variables stand for."""
    return {name.removeprefix("STELLWERK_").lower() for name in variables}


def seconds(service: dict[str, Any]) -> float:
    """Return how long a container may take to end."""
    return float(service["stop_grace_period"].removesuffix("s"))


def test_two_web_processes_two_workers_a_database_and_a_proxy() -> None:
    assert set(SERVICES) == {"postgres", "prepare", "web", "worker", "proxy"}
    assert SERVICES["web"]["deploy"]["replicas"] == 2
    assert SERVICES["worker"]["deploy"]["replicas"] == 2


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_its_commands_and_settings_exist() -> None:
    commands = {command.callback.__name__ for command in application.registered_commands if command.callback}
    called = {service["command"][1] for service in SERVICES.values() if "command" in service}
    assert called == {"publish", "web", "worker"} <= commands
    assert named(SERVICES["web"]["environment"]) <= set(Settings.model_fields)
    image = re.findall(r"\bSTELLWERK_[A-Z_]+(?==)", (ROOT / "Dockerfile").read_text())
    assert named(image) <= set(Settings.model_fields)
    # What people put into .env: settings, and the site's name, which is the proxy's.
    asked = set(re.findall(r"\$\{(STELLWERK_[A-Z_]+)", TEXT)) - {"STELLWERK_SITE"}
    assert asked
    assert named(asked) <= set(Settings.model_fields)


def test_every_setting_has_a_value_that_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"POSTGRES_PASSWORD": "hush", "STELLWERK_SECRET_KEY": "k" * 32, "STELLWERK_SITE": "itsm.example.org"}
    for name, value in SERVICES["web"]["environment"].items():
        filled = re.sub(r"\$\{(\w+):[-?]([^}]*)\}", lambda use: given.get(use[1], use[2]), value)
        assert "$" not in filled
        monkeypatch.setenv(name, filled)
    settings = Settings()
    assert settings.database_url == "postgresql+psycopg://stellwerk:hush@postgres/stellwerk"
    assert settings.address == "https://itsm.example.org"
    assert settings.trusted_proxies == "*", "so the web processes must not be reachable but through the proxy"


@pytest.mark.parametrize("name", ["prepare", "web", "worker"])
def test_a_container_writes_nothing_but_its_volume_and_may_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["var:/var/lib/stellwerk"]


def test_a_container_is_killed_only_after_the_process_has_had_its_own_time() -> None:
    assert seconds(SERVICES["web"]) > GRACE_SECONDS
    longest = inspect.signature(run).parameters["grace_seconds"].default
    assert seconds(SERVICES["worker"]) > longest
    assert all(SERVICES[name]["init"] for name in ("web", "worker"))


def test_data_lie_in_volumes_that_are_declared() -> None:
    declared = yaml.safe_load(TEXT)["volumes"]
    mounted = {volume.partition(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert mounted == set(declared)
    # From version 18 on the image keeps its data in a folder per version below this one.
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_the_proxy_asks_the_port_that_the_image_opens() -> None:
    (port,) = re.findall(r"^EXPOSE (\d+)$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert f"dynamic a web {port}" in yaml.safe_load(TEXT)["configs"]["caddy"]["content"]


def test_nothing_starts_before_the_tables_are_there() -> None:
    assert SERVICES["prepare"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("web", "worker"):
        assert SERVICES[name]["depends_on"]["prepare"]["condition"] == "service_completed_successfully"


def test_secrets_must_be_given() -> None:
    for name in ("STELLWERK_SECRET_KEY", "POSTGRES_PASSWORD"):
        uses = re.findall(rf"\$\{{{name}[^}}]*\}}", TEXT)
        assert uses
        assert all(use.startswith(f"${{{name}:?") for use in uses), "no default for a secret"
