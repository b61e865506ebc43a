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
