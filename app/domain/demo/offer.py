"""What Nordhafen Research Computing offers, and what is known to go wrong with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """A service: owner by login, supporting team by key."""

    title: str
    owner: str
    team: str
    description: str
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Quirk:
    """A known error of a service with its workaround."""

    service: str
    title: str
    symptoms: str
    workaround: str


@dataclass(frozen=True, slots=True)
class Ware:
    """Something of a service that can be ordered; approver by login, audience as the catalogue has it."""

    service: str
    title: str
    description: str
    expected: str
    hours: int
    instructions: str = ""
    audience: str = "everybody"
    names: str = ""
    approval: str = "none"
    approver: str = ""
    role: str = ""


SERVICES = (
    Offer("Research storage", "nadia.petrova", "storage", "Project folders and archive, 4 PB, backed up daily.", True),
    Offer("Computing cluster Kogge", "ravi.menon", "storage", "Batch computing with 9,000 cores and 64 GPUs."),
    Offer("E-mail and calendar", "sofia.lindqvist", "network", "Mailboxes, calendars, distribution lists.", True),
    Offer("Campus network and Wi-Fi", "ben.osei", "network", "Wired network, Wi-Fi and VPN on both sites.", True),
    Offer("Video meetings", "sofia.lindqvist", "network", "Meetings in the browser and in equipped rooms."),
    Offer("Workplace computer", "emre.yilmaz", "workplace", "Managed laptops and desktops with standard software."),
    Offer("Printing", "emre.yilmaz", "workplace", "Follow-me printing at 41 printers."),
    Offer("Library catalogue", "emre.yilmaz", "workplace", "Catalogue, loans and remote access to journals."),
)

KNOWN_ERRORS = (
    Quirk(
        "Research storage",
        "Project folders vanish after the nightly backup",
        "In the morning shared project folders are gone or empty for some people; others still see them.",
        "Disconnect the drive, wait ten seconds, connect it again. If it stays empty, sign out and in once.",
    ),
    Quirk(
        "Printing",
        "Print jobs wait for ever after a change of password",
        "Jobs stay in the queue and the printer does not ask for the card; began after a password was changed.",
        "Remove the saved print password in the credential store, print once more and type the new password.",
    ),
    Quirk(
        "Campus network and Wi-Fi",
        "VPN connection drops every hour",
        "The VPN connection drops after sixty minutes and has to be dialled again.",
        "Install the profile of March from the self-service page; it renews the session in time.",
    ),
    Quirk(
        "Video meetings",
        "No sound in video meetings after a browser update",
        "Others cannot be heard in a video meeting; the picture works.",
        "Open the site settings of the browser, allow sound, and reload the meeting.",
    ),
    Quirk(
        "Computing cluster Kogge",
        "Jobs with more than 512 GB stay pending",
        "Large-memory jobs stay pending although nodes are free.",
        "Ask for the partition 'fat' explicitly: sbatch --partition=fat.",
    ),
)

CATALOGUE = (
    Ware(
        "Workplace computer",
        "New laptop",
        "A managed laptop of the current model with dock and standard software, ready to use at your desk.",
        "Within five working days",
        40,
        "Take the oldest of the prepared ones, install it for the person, and record the device.",
        approval="person",
        approver="helena.brandt",
    ),
    Ware(
        "Workplace computer",
        "Additional software",
        "A program from the list of checked software, installed on your computer.",
        "Within two working days",
        16,
        "Assign the licence in the portal; the program installs itself over night.",
    ),
    Ware(
        "Research storage",
        "More space for a project",
        "More room for the folders of your project, up to 50 TB.",
        "On the same day once it is approved",
        8,
        "Raise the quota, and write the new one into the project list.",
        audience="organisations",
        names="Nordhafen Institute of Marine Research\nNordhafen Research Computing",
        approval="service_owner",
    ),
    Ware(
        "E-mail and calendar",
        "Shared mailbox",
        "A mailbox that several people read, with an address of its own.",
        "Within one working day",
        8,
        "Make the mailbox, add its readers, and send a first mail as a test.",
    ),
    Ware(
        "Campus network and Wi-Fi",
        "Wi-Fi for an event",
        "An own Wi-Fi for the guests of your event, with a password for its days.",
        "Within three working days",
        24,
        "Ask for room and number of guests; more than 200 need a second access point.",
    ),
    Ware(
        "Computing cluster Kogge",
        "Privileged access to the cluster",
        "Administrative rights on one partition, for a limited time.",
        "Within two working days",
        16,
        audience="roles",
        names="problems.process_staff, problems.process_manager",
        approval="role",
        role="management.sms_manager",
    ),
)
