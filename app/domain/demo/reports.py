"""Thirteen sample incidents in various states, told through the forms of the diagram `incident`."""

from typing import Any

from app.domain.demo.sample import Sample, SampleStep

DESK, DESK_TWO, DESK_THREE = "anna.novak", "jonas.weber", "leila.haddad"


def _register(by: str, requester: str, title: str, service: str, text: str, channel: str = "portal") -> SampleStep:
    values = {
        "title": title,
        "caller_known": "directory",
        "requester": f"person:{requester}",
        "channel": channel,
        "description": text,
        "service": f"service:{service}",
    }
    return SampleStep("register", by, values, minutes=15)


def _classify(by: str, category: str, service: str, impact: str, urgency: str, *, down: bool = False) -> SampleStep:
    values = {
        "category": category,
        "service": f"service:{service}",
        "impact": impact,
        "urgency": urgency,
        "service_down": down,
    }
    return SampleStep("classify", by, values, minutes=5)


def _restored(by: str, resolution: str, cause: str, minutes: int = 45) -> SampleStep:
    values = {"next_step": "restored", "resolution": resolution, "cause": cause, "effort_minutes": minutes}
    return SampleStep("diagnose", by, values, minutes=minutes)


def _escalated(by: str, kind: str, diagnosis: str, reason: str) -> SampleStep:
    return SampleStep("diagnose", by, {"diagnosis": diagnosis, "next_step": kind, "reason": reason}, minutes=40)


def _accepted(by: str, note: str) -> SampleStep:
    return SampleStep("accept", by, {"acceptance_note": note}, minutes=25)


def _closed(by: str, category: str, service: str, cause: str, code: str, resolution: str) -> SampleStep:
    values: dict[str, Any] = {
        "category": category,
        "service": f"service:{service}",
        "cause": cause,
        "closure_code": code,
        "resolution": resolution,
    }
    return SampleStep("closure_check", by, values, minutes=30)


def _reported(state: str, by: str, hours_ago: float, title: str, service: str, text: str, *steps: SampleStep) -> Sample:
    report = {"title": title, "description": text, "service": f"service:{service}"}
    return Sample(state, by, report, hours_ago, steps)


_CONFIRMED = {"answer": "confirmed"}
_REMOUNTED = "Disconnected and reconnected the drive; all project folders are back."
_MONITOR = "Replaced the cable between dock and monitor."

REPORTS = (
    _reported(
        "closed with a workaround",
        "chiara.ricci",
        120,
        "Project folders vanished over night",
        "Research storage",
        "The shared project folders of my group are empty this morning. Colleagues still see them.",
        _register(
            DESK,
            "chiara.ricci",
            "Project folders vanished over night",
            "Research storage",
            "Shared project folders are empty this morning for one person; colleagues still see them.",
        ),
        _classify(DESK, "storage", "Research storage", "person", "today"),
        SampleStep("apply_workaround", DESK, {"worked": "yes", "resolution": _REMOUNTED}, minutes=10),
        SampleStep("confirm", "chiara.ricci", _CONFIRMED, minutes=60),
        _closed(DESK, "storage", "Research storage", "software", "workaround", _REMOUNTED),
    ),
    _reported(
        "closed, solved at the first level",
        "david.kim",
        96,
        "Second monitor flickers",
        "Workplace computer",
        "The second monitor goes black for a second every few minutes.",
        _register(
            DESK_TWO,
            "david.kim",
            "Second monitor flickers",
            "Workplace computer",
            "The second monitor goes black for a second every few minutes. Began after the desk was moved.",
        ),
        _classify(DESK_TWO, "workplace", "Workplace computer", "person", "week"),
        _restored(DESK_TWO, _MONITOR, "hardware", 30),
        SampleStep("confirm", "david.kim", _CONFIRMED, minutes=120),
        _closed(DESK_TWO, "workplace", "Workplace computer", "hardware", "solved", _MONITOR),
    ),
    _reported(
        "major incident, being worked on by the network team",
        "freya.lund",
        5,
        "No mail has arrived since eight o'clock",
        "E-mail and calendar",
        "Nobody in the library has received mail since eight. Sending seems to work.",
        _register(
            DESK,
            "freya.lund",
            "No mail has arrived since eight o'clock",
            "E-mail and calendar",
            "No incoming mail anywhere since eight o'clock; several groups called within minutes.",
            "phone",
        ),
        _classify(DESK, "mail", "E-mail and calendar", "organisation", "now", down=True),
        SampleStep(
            "confirm_major",
            "tomasz.zielinski",
            {
                "declare": "yes",
                "coordinator": "person:helena.brandt",
                "major_reason": "The whole institute is without incoming mail.",
            },
            minutes=8,
        ),
        _escalated(DESK, "functional", "The queue of the mail gateway grows.", "The network team runs the gateway."),
        _accepted("sofia.lindqvist", "The gateway refuses connections since its certificate ran out."),
    ),
    _reported(
        "being worked on at the second level",
        "freya.lund",
        26,
        "Wi-Fi drops in the reading room",
        "Campus network and Wi-Fi",
        "Laptops lose the Wi-Fi in the reading room several times an hour.",
        _register(
            DESK_THREE,
            "freya.lund",
            "Wi-Fi drops in the reading room",
            "Campus network and Wi-Fi",
            "Laptops of visitors and staff lose the Wi-Fi in the reading room several times an hour.",
        ),
        _classify(DESK_THREE, "network", "Campus network and Wi-Fi", "team", "today"),
        _escalated(
            DESK_THREE,
            "functional",
            "Same with three laptops; other rooms are fine.",
            "Somebody must look at the antenna.",
        ),
        _accepted("ben.osei", "Channel overlap with the new access point next door is likely."),
    ),
    _reported(
        "escalated, not accepted yet",
        "david.kim",
        3,
        "Restored files are damaged",
        "Research storage",
        "Two files that came back from the archive cannot be opened.",
        _register(
            DESK_TWO,
            "david.kim",
            "Restored files are damaged",
            "Research storage",
            "Two of forty files restored from the archive cannot be opened; checksums differ.",
        ),
        _classify(DESK_TWO, "storage", "Research storage", "person", "today"),
        _escalated(DESK_TWO, "functional", "Checksums differ from the catalogue.", "We cannot see the tape log."),
    ),
    _reported(
        "with the vendor liaison at the third level",
        "david.kim",
        50,
        "Cluster jobs end with a GPU error",
        "Computing cluster Kogge",
        "Jobs on the GPU nodes end after minutes with an ECC error.",
        _register(
            DESK,
            "david.kim",
            "Cluster jobs end with a GPU error",
            "Computing cluster Kogge",
            "Jobs on GPU node 14 end after minutes with an ECC error; other nodes work.",
        ),
        _classify(DESK, "application", "Computing cluster Kogge", "team", "today"),
        _escalated(DESK, "functional", "Happens on node 14 only.", "We have no access to the node."),
        _accepted("ravi.menon", "Taking the node out of the queue and testing it."),
        _escalated("ravi.menon", "functional", "Memory of GPU 2 is faulty.", "The vendor has to replace the card."),
        _accepted("greta.olsen", "Return ordered, a technician comes tomorrow."),
    ),
    Sample(
        "stuck: the mail server did not answer",
        "yara.costa",
        {
            "title": "Tide tables come out of the plotter too small",
            "description": "Every sheet from the large plotter is a third too small since this morning.",
            "service": "service:Printing",
        },
        15,
        (
            _register(
                DESK_TWO,
                "yara.costa",
                "Tide tables come out of the plotter too small",
                "Printing",
                "Every sheet from the large plotter is a third too small since this morning; others print well.",
            ),
            _classify(DESK_TWO, "printing", "Printing", "team", "today"),
            _restored(DESK_TWO, "Chose the right paper size in the queue of the plotter.", "configuration", 30),
        ),
        mail_fails=True,
    ),
    _reported(
        "waiting for the user's answer",
        "chiara.ricci",
        8,
        "Microphone is not found in meetings",
        "Video meetings",
        "My microphone is not offered in the list of devices.",
        _register(
            DESK_THREE,
            "chiara.ricci",
            "Microphone is not found in meetings",
            "Video meetings",
            "The built-in microphone is not offered in the list of devices in any meeting.",
        ),
        _classify(DESK_THREE, "application", "Video meetings", "person", "today"),
        SampleStep(
            "diagnose",
            DESK_THREE,
            {
                "diagnosis": "Works on a comparable laptop here.",
                "next_step": "ask",
                "question": "Which browser do you use, and does the microphone work in the test page of the system?",
            },
            minutes=35,
        ),
    ),
    _reported(
        "resolved, waiting for confirmation",
        "freya.lund",
        20,
        "Catalogue shows no journal links",
        "Library catalogue",
        "Links to the full text of journals have been missing since yesterday.",
        _register(
            DESK_TWO,
            "freya.lund",
            "Catalogue shows no journal links",
            "Library catalogue",
            "Links to the full text of journals have been missing for all readers since yesterday.",
        ),
        _classify(DESK_TWO, "application", "Library catalogue", "site", "today"),
        _restored(DESK_TWO, "Renewed the licence file of the link resolver and restarted it.", "configuration"),
    ),
    _reported(
        "reopened once, being worked on again",
        "chiara.ricci",
        30,
        "Field laptop does not wake up",
        "Workplace computer",
        "The laptop for field work stays black after sleep and has to be switched off hard.",
        _register(
            DESK,
            "chiara.ricci",
            "Field laptop does not wake up",
            "Workplace computer",
            "The laptop for field work stays black after sleep and has to be switched off hard.",
        ),
        _classify(DESK, "workplace", "Workplace computer", "person", "today"),
        _restored(DESK, "Updated the firmware of the laptop.", "software", 60),
        SampleStep(
            "confirm",
            "chiara.ricci",
            {"answer": "rejected", "comment": "It happened again this morning, twice."},
            minutes=300,
        ),
    ),
    Sample(
        "caller without an account, solved, to be called back",
        DESK_THREE,
        {"title": "Guest cannot print the conference programme", "service": "service:Printing"},
        6,
        (
            SampleStep(
                "register",
                DESK_THREE,
                {
                    "title": "Guest cannot print the conference programme",
                    "caller_known": "unknown",
                    "caller_name": "Prof. Amara Diallo",
                    "caller_contact": "+49 431 555 0199",
                    "channel": "phone",
                    "description": "A guest of the conference office cannot print; the printer asks for a card.",
                    "service": "service:Printing",
                },
                minutes=5,
            ),
            _classify(DESK_THREE, "printing", "Printing", "person", "now"),
            _restored(DESK_THREE, "Gave out a guest card and showed how to release a job.", "handling", 15),
        ),
    ),
    _reported(
        "registered, to be classified",
        "david.kim",
        1,
        "Shared calendar shows wrong times",
        "E-mail and calendar",
        "All appointments of the group calendar are one hour late since the weekend.",
        _register(
            DESK_TWO,
            "david.kim",
            "Shared calendar shows wrong times",
            "E-mail and calendar",
            "All appointments of the group calendar are shown one hour late since the weekend.",
        ),
    ),
    _reported(
        "just reported",
        "chiara.ricci",
        0.2,
        "Cannot open the sampling database",
        "Workplace computer",
        "The sampling database says that my licence has expired.",
    ),
)
