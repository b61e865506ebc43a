"""Finds or installs a browser for the tests: one that is there, else the system's package, else Playwright's."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# What has no windows comes first: it starts fewer processes, and the tests take two thirds of the time.
NAMES = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
)

PACKAGES = ("chromium-headless-shell", "chromium")


def find() -> Path | None:
    """Return a browser that starts: on the PATH, or one that Playwright has downloaded."""
    installed = [Path(path) for name in NAMES if (path := shutil.which(name))]
    for path in installed:
        if starts(path):
            return path
    return next((path for path in downloaded() if starts(path)), None)


def downloaded() -> list[Path]:
    """Return Playwright's own Chromium, when it is installed."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return [path] if path.exists() else []


def starts(path: Path) -> bool:
    """Tell whether a browser runs at all; a snap wrapper or missing libraries would show only in the tests."""
    try:
        done = subprocess.run(
            [path, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"],
            capture_output=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def from_system_packages() -> None:
    """Install Chromium with apt where we may: as root, or with a sudo that asks nothing."""
    if not shutil.which("apt-get"):
        return
    prefix: list[str] = []
    if os.geteuid() != 0:
        if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode:
            return
        prefix = ["sudo", "-n"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*prefix, "apt-get", "update", "-qq"], env=environment)
    install = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    for package in PACKAGES:
        if subprocess.run([*install, package], env=environment).returncode == 0:
            return


def from_playwright() -> None:
    """Let Playwright download its Chromium into the cache of this user."""
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])


def main() -> int:
    """Find or install a browser and say which."""
    for install in (None, from_system_packages, from_playwright):
        if install is not None:
            install()
        if browser := find():
            sys.stdout.write(f"Browser for the tests: {browser}\n")
            return 0
    sys.stderr.write(
        "The browser tests need Chromium, and none could be installed."
        " Put chromium or google-chrome on the PATH and run this again.\n"
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
