"""Clients in a process of their own: blocking sockets that are kept open, as cheap as Python allows.

Run as `python -m tests.bench.clients`: takes a `Job` as JSON on standard input, gives a `Load` on standard output.
"""

import json
import socket
import sys
from dataclasses import asdict, dataclass, field
from threading import Barrier, Thread
from time import perf_counter, process_time, sleep
from typing import Any


@dataclass(slots=True)
class Job:
    """What to ask for: `tasks` are first tasks of cases, shared out among `clients`; else `path` is read `pages` times.

    `header` is sent with every request; the first `warm` cases or pages of each client are not measured. After each
    measured page a client waits for `pause` seconds, as people do.
    """

    port: int
    clients: int
    header: str
    tasks: list[int] = field(default_factory=list)
    path: str = ""
    pages: int = 0
    warm: int = 0
    pause: float = 0


@dataclass(slots=True)
class Load:
    """What came of it: seconds from the first measured request to the last answer, each latency, our own CPU.

    `warmed` requests were made before.
    """

    seconds: float
    cpu: float
    latencies: list[float]
    warmed: int


class Connection:
    """One HTTP/1.1 connection that stays open."""

    def __init__(self, port: int, header: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._header = header

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[bytes, float]:
        """Send a request, read the whole answer; return its body and the seconds that it took.

        Raises:
            RuntimeError: the answer is not 200.
        """
        head = f"{method} {path} HTTP/1.1\r\nhost: bench\r\n{self._header}\r\ncontent-length: {len(body)}\r\n"
        request = f"{head}content-type: application/json\r\n\r\n".encode() + body
        begun = perf_counter()
        self._socket.sendall(request)
        answer = self._socket.recv(65536)
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        start = answer.lower().index(b"content-length:", 0, end) + 15
        length = int(answer[start : answer.index(b"\r\n", start)])
        parts, got = [answer[end + 4 :]], len(answer) - end - 4
        while got < length:
            parts.append(self._more())
            got += len(parts[-1])
        taken = perf_counter() - begun
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{path}: {answer[:600].decode(errors='replace')}")
        return b"".join(parts), taken

    def _more(self) -> bytes:
        more = self._socket.recv(65536)
        if not more:
            raise RuntimeError("the server closed the connection")
        return more


def complete_cases(connection: Connection, tasks: list[int], latencies: list[float]) -> None:
    """Complete each case from its first task to its last, one task after the other."""
    for first in tasks:
        task, number = str(first), 1
        while task:
            body = json.dumps({"values": {f"answer_{number}": "Works again"}}).encode()
            answer, taken = connection.ask("POST", f"/api/v1/tasks/{task}/complete", body)
            latencies.append(taken)
            task, number = json.loads(answer)["next_task"], number + 1


def read_pages(connection: Connection, path: str, pages: int, latencies: list[float], pause: float = 0) -> None:
    """Read a page again and again."""
    for _ in range(pages):
        latencies.append(connection.ask("GET", path)[1])
        sleep(pause)


def carry_out(job: Job) -> Load:
    """Let all clients do their share at the same time.

    Raises:
        RuntimeError: a client got an answer that it did not want.
    """
    latencies: list[list[float]] = [[] for _ in range(job.clients)]
    warmed: list[list[float]] = [[] for _ in range(job.clients)]
    errors: list[BaseException] = []
    begin = Barrier(job.clients + 1)

    def client(number: int) -> None:
        try:
            connection = Connection(job.port, job.header)
            mine = job.tasks[number :: job.clients]
            if job.path:
                read_pages(connection, job.path, job.warm, warmed[number])
            else:
                complete_cases(connection, mine[: job.warm], warmed[number])
            begin.wait(timeout=600)
            if job.path:
                read_pages(connection, job.path, job.pages // job.clients, latencies[number], job.pause)
            else:
                complete_cases(connection, mine[job.warm :], latencies[number])
        except BaseException as error:
            errors.append(error)
            begin.abort()

    threads = [Thread(target=client, args=(number,)) for number in range(job.clients)]
    for thread in threads:
        thread.start()
    begin.wait(timeout=600)
    wall, cpu = perf_counter(), process_time()
    for thread in threads:
        thread.join()
    if errors:
        raise RuntimeError("a client failed") from errors[0]
    return Load(
        seconds=perf_counter() - wall,
        cpu=process_time() - cpu,
        latencies=[taken for part in latencies for taken in part],
        warmed=sum(len(part) for part in warmed),
    )


def main() -> None:
    """Read a job, carry it out, write what came of it."""
    given: dict[str, Any] = json.load(sys.stdin)
    json.dump(asdict(carry_out(Job(**given))), sys.stdout)


if __name__ == "__main__":
    main()
