"""Settings are read from the environment, refused in words, and the secret is made once."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.cli.start import read_settings
from app.errors import StellwerkError
from app.settings import Settings, with_driver


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STELLWERK_PORT", "9000")
    monkeypatch.setenv("STELLWERK_BASE_URL", "https://itsm.example.org/")
    settings = Settings()
    assert settings.port == 9000
    assert settings.address == "https://itsm.example.org"


@pytest.mark.parametrize("url", ["postgres://h/d", "postgresql://h/d", "postgresql+psycopg://h/d"])
def test_a_database_address_may_leave_the_driver_open(url: str) -> None:
    assert with_driver(url) == "postgresql+psycopg://h/d"
    assert Settings(database_url=url).database_url == "postgresql+psycopg://h/d"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "99999", "STELLWERK_PORT: Input should be less than or equal to 65535"),
        ("DATABASE_URL", "sqlite:///x.db", "STELLWERK_DATABASE_URL: must begin with postgresql://"),
        ("LOG_LEVEL", "loud", "STELLWERK_LOG_LEVEL: Input should be"),
    ],
)
def test_a_value_that_will_not_do_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(f"STELLWERK_{name}", value)
    with pytest.raises(StellwerkError) as caught:
        read_settings()
    assert told in caught.value.message


def test_the_command_says_so_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "migrate"], env=os.environ | {"STELLWERK_PORT": "no"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("STELLWERK_PORT:")
    assert "Traceback" not in done.stderr


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    secrets: list[bytes] = []
    processes = [
        threading.Thread(target=lambda: secrets.append(Settings(var=tmp_path / "var").secret)) for _ in range(8)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert len(secrets) == 8
    assert len(set(secrets)) == 1
    assert len(secrets[0]) >= 32
    assert stat.S_IMODE((tmp_path / "var" / "secret").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret"]


def test_a_secret_that_is_set_wins(tmp_path: Path) -> None:
    assert Settings(var=tmp_path, secret_key="given by the operator").secret == b"given by the operator"
    assert not (tmp_path / "secret").exists()
