"""Who works at and with Nordhafen Research Computing: people, teams, roles."""

from dataclasses import dataclass

from app.errors import Message

# Everybody's password; written down in the README, so nobody mistakes it for a secret.
PASSWORD = "nordhafen-demo"  # noqa: S105
PROVIDER = "Nordhafen Research Computing"
CUSTOMER = "Nordhafen Institute of Marine Research"
CUSTOMERS = (CUSTOMER, "Museum of Shipping", "Coastal Protection Agency")
SUPPLIERS = ("Halvorsen Systems", "Kiel Fibre Networks")
DOMAIN = "nordhafen.example"


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the demo: `team` is the key of the team they work in, `leads` whether they lead it."""

    name: str
    department: str
    roles: tuple[str, ...] = ()
    team: str = ""
    leads: bool = False
    locale: str = "en"
    phone: str = ""
    organisation: str = PROVIDER
    administrator: bool = False

    @property
    def login(self) -> str:
        """First and last name with a dot between, in plain letters."""
        return self.name.lower().translate(str.maketrans("éëáíøö", "eeaioo")).replace(" ", ".")

    @property
    def email(self) -> str:
        """An address in a domain that exists for examples only."""
        return f"{self.login}@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class Crew:
    """A team of the demo with the roles that all its members hold through it."""

    key: str
    name: str
    level: int
    roles: tuple[str, ...] = ()


TEAMS = (
    Crew("service_desk", "Service desk", 1, ("incidents.process_staff",)),
    Crew("workplace", "Workplace and printing", 2, ("problems.process_staff",)),
    Crew("network", "Network and communication", 2, ("problems.process_staff",)),
    Crew("storage", "Storage and computing", 2, ("problems.process_staff",)),
    Crew("vendor_liaison", "Vendor liaison", 3),
)

PEOPLE = (
    Member("Ingrid Hansen", "Head of computing", ("management.sms_owner",)),
    Member(
        "Marek Dvorak", "Service management", ("management.sms_manager", "portfolio.process_owner"), administrator=True
    ),
    Member("Helena Brandt", "Service operation", ("incidents.process_owner", "problems.process_owner"), locale="de"),
    Member("Tomasz Zielinski", "Service operation", ("incidents.process_manager", "problems.process_manager")),
    Member("Paul Okafor", "Internal audit", ("management.auditor",)),
    Member("Anna Novak", "Service desk", team="service_desk", leads=True, phone="1100"),
    Member("Jonas Weber", "Service desk", team="service_desk", locale="de", phone="1100"),
    Member("Leila Haddad", "Service desk", team="service_desk", phone="1100"),
    Member("Emre Yilmaz", "Workplace", team="workplace", leads=True, locale="de"),
    Member("Ben Osei", "Network", team="network", leads=True),
    Member("Sofia Lindqvist", "Network", team="network"),
    Member("Nadia Petrova", "Storage and computing", team="storage", leads=True),
    Member("Ravi Menon", "Storage and computing", team="storage"),
    Member("Greta Olsen", "Purchasing", team="vendor_liaison", leads=True),
    Member("Chiara Ricci", "Marine biology", organisation=CUSTOMER, phone="4521"),
    Member("David Kim", "Ocean modelling", organisation=CUSTOMER, phone="4530"),
    Member("Freya Lund", "Library", organisation=CUSTOMER, locale="de", phone="4102"),
    Member("Mikkel Dahl", "Exhibitions", organisation=CUSTOMERS[1], phone="310"),
    Member("Yara Costa", "Tide forecast", organisation=CUSTOMERS[2], phone="77"),
)

# Whom everybody may be at sign-in, and what they are.
OFFERED = {
    "chiara.ricci": Message("a user"),
    "anna.novak": Message("service desk"),
    "ben.osei": Message("network"),
    "helena.brandt": Message("process owner"),
    "marek.dvorak": Message("administrator"),
}
