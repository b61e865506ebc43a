"""What goes wrong at Nordhafen again and again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Story:
    """A disruption and what helped; a `deep` one needs the second level."""

    service: str
    title: str
    text: str
    category: str
    impact: str
    urgency: str
    diagnosis: str
    resolution: str
    cause: str
    deep: bool = False


STORIES = (
    Story(
        "Workplace computer",
        "Laptop asks for a recovery key",
        "After the weekend my laptop asks for a recovery key.",
        "workplace",
        "person",
        "now",
        "The firmware was updated.",
        "Gave the recovery key and stored a new one.",
        "software",
    ),
    Story(
        "Campus network and Wi-Fi",
        "No network in laboratory 2.14",
        "All sockets in laboratory 2.14 are dead.",
        "network",
        "team",
        "today",
        "The switch of the floor does not answer.",
        "Replaced the power supply of the switch.",
        "hardware",
        deep=True,
    ),
    Story(
        "E-mail and calendar",
        "Invitation cannot be accepted",
        "Accepting an invitation ends with an error.",
        "mail",
        "person",
        "week",
        "Only with invitations from outside.",
        "Repaired the profile of the mail program.",
        "configuration",
    ),
    Story(
        "Printing",
        "Printer on floor 3 prints stripes",
        "Every page from the printer on floor 3 has grey stripes.",
        "printing",
        "team",
        "week",
        "The drum is worn.",
        "Replaced the drum.",
        "hardware",
    ),
    Story(
        "Research storage",
        "Cannot write to the archive",
        "Copying into the archive ends with 'no permission'.",
        "storage",
        "person",
        "today",
        "The group right is missing.",
        "Added the person to the project group.",
        "configuration",
    ),
    Story(
        "Computing cluster Kogge",
        "Module for ocean models is missing",
        "The module netcdf-parallel is not found.",
        "application",
        "team",
        "today",
        "It was not built for the new compiler.",
        "Built and published the module.",
        "software",
        deep=True,
    ),
    Story(
        "Library catalogue",
        "Loans are shown twice",
        "Each loan stands twice in my account.",
        "application",
        "site",
        "week",
        "Happens with every account.",
        "Rebuilt the index of the catalogue.",
        "software",
        deep=True,
    ),
    Story(
        "Video meetings",
        "Camera of the conference room is upside down",
        "Others see us standing on our heads.",
        "application",
        "team",
        "week",
        "The camera was mounted the other way.",
        "Turned the picture in the settings.",
        "handling",
    ),
    Story(
        "Workplace computer",
        "Password has expired on a journey",
        "I am on a ship and my password has expired.",
        "access",
        "person",
        "now",
        "The reminder went unread.",
        "Set a new password by telephone after a call back.",
        "handling",
    ),
    Story(
        "E-mail and calendar",
        "Newsletter ends up in the junk folder",
        "Our newsletter is taken for junk by many.",
        "mail",
        "site",
        "week",
        "The sender's domain is not signed.",
        "Signed the domain of the newsletter.",
        "configuration",
        deep=True,
    ),
    Story(
        "Research storage",
        "Quota of the group is used up",
        "Nobody in the group can store files any more.",
        "storage",
        "team",
        "now",
        "Old test data fill the quota.",
        "Raised the quota for a month; the group tidies up.",
        "handling",
    ),
    Story(
        "Campus network and Wi-Fi",
        "Sensor buoys send no data",
        "The data of the buoys have stopped since midnight.",
        "network",
        "team",
        "now",
        "The firewall drops their packets.",
        "Put the rule for the buoys back.",
        "configuration",
        deep=True,
    ),
    Story(
        "Workplace computer",
        "Analysis program does not start",
        "The statistics program closes right after its start.",
        "application",
        "person",
        "today",
        "A library has the wrong version.",
        "Installed the program anew.",
        "software",
    ),
)
