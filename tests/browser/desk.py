"""What people do in forms, the same with and without scripts in the browser."""

import re
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.demo import Human

UPLOAD = {"name": "error.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n not much of a picture"}


@dataclass
class Desk:
    """Somebody at a browser who fills in forms; without `scripts` conditions follow a button."""

    human: Human
    scripts: bool = True

    @property
    def page(self) -> Page:
        """The page that is open."""
        return self.human.page

    def write(self, label: str, text: str) -> None:
        """Write into a text field."""
        self.page.get_by_label(label).fill(text)

    def tick(self, group: str, choice: str) -> None:
        """Choose one of the possible answers; the form follows it."""
        box = self.page.get_by_role("radiogroup", name=group)
        box.get_by_label(choice, exact=True).check()
        update = box.get_by_role("button", name="Update form")
        if not self.scripts and update.count():
            update.click()

    def find(self, label: str, text: str) -> None:
        """Fill in a reference: from the list that opens, or by its name alone."""
        if not self.scripts:
            self.write(label, text)
            return
        box = self.page.get_by_role("combobox", name=label)
        box.fill(text)
        self.page.get_by_role("option", name=text).first.click()
        expect(box).to_have_value(re.compile(re.escape(text)))

    def complete(self) -> None:
        """Complete the task that is open; a message says that it is done."""
        self.page.get_by_role("button", name="Complete task").click()
        expect(self.page.locator(".flash")).to_contain_text("is done")

    def task(self, name: str) -> None:
        """Make sure that this task's form is open."""
        expect(self.page.locator(".crumb [aria-current]")).to_have_text(name)

    def take(self, title: str, tab: str = "teams") -> None:
        """Open a task from the list."""
        self.human.open(f"/work?tab={tab}")
        self.page.locator("a.row", has_text=title).click()
        expect(self.page.locator("#detail h1")).to_have_text(title)

    def report(self, title: str, service: str = "Research storage") -> None:
        """Report an incident in the portal."""
        self.human.open("/start/incident")
        self.write("What does not work?", title)
        self.write("What happened?", "Since this morning.")
        self.find("Which service is affected?", service)
        self.page.get_by_label("Screenshots or files").set_input_files([UPLOAD])
        self.page.get_by_role("button", name="Start").click()
        expect(self.page.locator(".flash")).to_contain_text("has begun")

    def register(self, caller: str = "") -> None:
        """Register what was reported; on the phone also who calls."""
        self.task("Register the incident")
        self.tick("The caller", "is in the directory")
        if caller:
            self.find("Caller", caller)
        self.tick("How did it reach us?", "Telephone" if caller else "Portal")
        self.write("What happened?", "The drive is empty since this morning.")
        self.complete()

    def classify(self, service: str = "") -> None:
        """Classify: one person, needed this week."""
        self.task("Classify and prioritise")
        self.page.get_by_label("Category").select_option("Storage and files")
        if service:
            self.find("Affected service", service)
        self.tick("Impact: who is affected?", "One person")
        self.tick("Urgency: how soon is it needed?", "This week is fine")
        self.complete()

    def restore(self) -> None:
        """Say what restored the service."""
        self.task("Investigate and restore")
        self.tick("How does it go on?", "The service works again")
        self.write("What restored the service", "Connected the drive anew.")
        self.page.get_by_label("Cause").select_option("Software")
        self.complete()

    def confirm(self, title: str) -> None:
        """Confirm as the user that it works again."""
        self.take(title, "")
        self.tick("Does it work again?", "Yes, it works")
        self.complete()

    def close(self) -> None:
        """Check what was noted and close."""
        self.task("Check and close")
        self.page.get_by_label("Closed as").select_option("Solved")
        self.complete()
