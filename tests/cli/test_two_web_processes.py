"""`stellwerk serve` with two web processes: people do not notice which one answers, nor that one was killed."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from app.database.embedded import Cluster
from app.domain.demo import PASSWORD
from tests.cli.serving import Serving, Start, until


def state(pid: int) -> str:
    """Return the letter that says what a process does: T means that it is held."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@contextmanager
def only(serving: Serving, pid: int) -> Iterator[None]:
    """Hold the other web processes, so that this one answers whatever is asked."""
    others = serving.children("web") - {pid}
    assert others
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        until(lambda: all(state(other) == "T" for other in others))
        until(lambda: serving.status() == 200)
        yield
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)


class Person:
    """A browser with cookies that opens a connection of its own for each request."""

    def __init__(self, serving: Serving) -> None:
        self.address = f"http://127.0.0.1:{serving.port}"
        self.cookies = httpx2.Cookies()

    def ask(self, method: str, path: str, **data: str) -> httpx2.Response:
        """Send one request and keep the cookies of the answer."""
        with httpx2.Client(base_url=self.address, cookies=self.cookies, timeout=60) as client:
            answer = client.request(method, path, data=data or None)
            self.cookies = client.cookies
        return answer

    def token(self, path: str) -> str:
        """Return the token that the forms of a page carry."""
        found = re.search(r'name="_csrf" value="([0-9a-f]+)"', self.ask("GET", path).text)
        assert found
        return found[1]


@pytest.fixture
def serving(start: Start) -> Serving:
    """A short demo on two web processes."""
    serving = start("--demo", web_processes="2", demo_days="5")
    serving.ready()
    assert len(serving.children("web")) == 2
    return serving


def test_two_web_processes_are_one_to_everybody(serving: Serving) -> None:
    one, two = sorted(serving.children("web"))
    anna = Person(serving)
    people, cases = serving.counts("person", "process_case")
    assert people > 10 and cases > 10

    # Signing in, looking and signing out, each step answered by the other process.
    with only(serving, one):
        token = anna.token("/sign-in")
    with only(serving, two):
        answer = anna.ask("POST", "/sign-in", _csrf=token, login="anna.novak", password=PASSWORD, back="/work")
        assert (answer.status_code, answer.headers["location"]) == (303, "/work")
    with only(serving, one):
        assert "Anna Novak" in anna.ask("GET", "/work").text
        token = anna.token("/account")
    with only(serving, two):
        assert anna.ask("POST", "/sign-out", _csrf="0" * 64).status_code == 403
        assert anna.ask("POST", "/sign-out", _csrf=token).status_code == 303
    with only(serving, one):
        assert anna.ask("GET", "/work").headers["location"].startswith("/sign-in")

    # One is killed: the other goes on at once, even before a third has come.
    (worker,) = serving.children("worker")
    os.kill(one, signal.SIGKILL)
    until(lambda: one not in serving.children("web"))
    assert serving.status() == 200
    until(lambda: len(serving.children("web") - {one}) == 2)
    assert two in serving.children("web")
    (three,) = serving.children("web") - {one, two}
    with only(serving, three):
        assert serving.status("/sign-in") == 200
    assert serving.children("worker") == {worker}

    # Ctrl-C, twice as impatient people do: everything ends, the database too.
    everyone = [two, three, worker]
    serving.process.send_signal(signal.SIGINT)
    serving.process.send_signal(signal.SIGINT)
    assert serving.process.stdout is not None
    assert serving.process.stdout.read().endswith("Stellwerk has ended.\n")
    assert serving.process.wait() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in everyone)
    assert not Cluster(serving.var).alive()


def test_ended_while_it_still_prepares_it_leaves_nothing_behind(start: Start) -> None:
    serving = start("--demo", web_processes="2")
    # The database is the first process that it starts; tables and demo are still to come.
    until(lambda: Cluster(serving.var).alive())
    serving.process.send_signal(signal.SIGINT)
    output, _ = serving.process.communicate()
    assert serving.process.returncode == 0
    assert "Traceback" not in output
    assert not Cluster(serving.var).alive()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"database_url": "postgresql://stellwerk:hush@127.0.0.1:1/stellwerk"}, "Connection refused"),
        ({"database_url": "postgresql://stellwerk:hush@/stellwerk?host=/nowhere"}, "No such file or directory"),
        ({"database_url": "mysql://stellwerk:hush@localhost/x"}, "STELLWERK_DATABASE_URL: must begin with postgresql"),
        ({"host": "203.0.113.1"}, "or another address with STELLWERK_HOST"),
        ({"web_processes": "0"}, "STELLWERK_WEB_PROCESSES: "),
    ],
)
def test_what_keeps_it_from_starting_is_said(start: Start, settings: dict[str, str], told: str) -> None:
    serving = start(**settings)
    output, _ = serving.process.communicate()
    assert serving.process.returncode == 1
    assert told in output
    assert "Traceback" not in output
    assert "hush" not in output
