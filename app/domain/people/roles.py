"""Role keys: who stands one level above whom, and who acts for a role that nobody holds."""

AREAS = (
    "portfolio", "service_levels", "reporting", "availability", "capacity", "security", "customers", "suppliers",
    "incidents", "problems", "configuration", "changes", "releases", "improvement", "management",
)  # fmt: skip
SMS_OWNER = "management.sms_owner"
SMS_MANAGER = "management.sms_manager"
# Roles of one area, lowest first; FitSM-3 names owner, manager and staff of each process.
LADDER = ("process_staff", "process_manager", "process_owner")
# Whoever holds one of these may have to act for somebody below.
SENIOR = ("process_manager", "process_owner", "sms_manager", "sms_owner")
AREA_ROLES = frozenset(f"{area}.{step}" for area in AREAS for step in LADDER) | {SMS_MANAGER}


def above(role: str) -> str | None:
    """Return the role one level up, or nothing above the SMS owner.

    Staff → process manager → process owner → SMS manager → SMS owner. Other roles of an area
    (`changes.cab`) stand below its process manager, teams below the SMS manager.
    """
    if role == SMS_OWNER:
        return None
    area, _, step = role.rpartition(".")
    if role == SMS_MANAGER:
        return SMS_OWNER
    if step == LADDER[-1] or area not in AREAS:
        return SMS_MANAGER
    return f"{area}.{LADDER[LADDER.index(step) + 1] if step in LADDER else LADDER[1]}"


def upwards(role: str) -> list[str]:
    """Return the role and all above it, lowest first."""
    ladder = [role]
    while (higher := above(ladder[-1])) is not None:
        ladder.append(higher)
    return ladder


def acting_for(own: frozenset[str], held: frozenset[str], known: frozenset[str] = AREA_ROLES) -> frozenset[str]:
    """Return the vacant roles that fall to somebody with the roles `own`.

    Args:
        own: the roles of one person.
        held: all roles that somebody holds at the moment.
        known: the roles that could be vacant.
    """
    fallen = set()
    for role in known - held:
        responsible = next((higher for higher in upwards(role) if higher in held), None)
        if responsible in own:
            fallen.add(role)
    return frozenset(fallen)
