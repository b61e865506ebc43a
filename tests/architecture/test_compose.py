"""compose.yaml runs what the documentation says, on commands that exist, with no secret in it."""

import re
from pathlib import Path
from typing import Any

import yaml

from app.cli.commands import application
from app.settings import Settings

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "compose.yaml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]


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
    names = {name.removeprefix("STELLWERK_").lower() for name in SERVICES["web"]["environment"]}
    assert names <= set(Settings.model_fields)


def test_nothing_starts_before_the_tables_are_there() -> None:
    assert SERVICES["prepare"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("web", "worker"):
        assert SERVICES[name]["depends_on"]["prepare"]["condition"] == "service_completed_successfully"


def test_secrets_must_be_given() -> None:
    for name in ("STELLWERK_SECRET_KEY", "POSTGRES_PASSWORD"):
        uses = re.findall(rf"\$\{{{name}[^}}]*\}}", TEXT)
        assert uses
        assert all(use.startswith(f"${{{name}:?") for use in uses), "no default for a secret"
