"""What one record can be to another: a few types of links, each with words for both directions."""

from dataclasses import dataclass

from app.errors import Message

BACK = ":back"
"""Behind the key of a type: the link is meant the other way round (`caused_by:back` is “has caused”)."""


@dataclass(frozen=True, slots=True)
class LinkType:
    """A type of links from a source to a target.

    `forward` is what the source is to the target, `backward` the other way round; where both are the same there is no
    direction. In an `ordered` type nothing can lead back to itself by way of others.
    """

    key: str
    forward: str
    backward: str
    ordered: bool = False

    @property
    def symmetric(self) -> bool:
        """Whether source and target are the same to each other."""
        return self.forward == self.backward

    def words(self, *, outward: bool) -> str:
        """Return what stands before the other record on the page of the source (`outward`) or of the target."""
        return self.forward if outward else self.backward


LINK_TYPES: dict[str, LinkType] = {
    link.key: link
    for link in (
        LinkType("caused_by", Message("caused by"), Message("has caused"), ordered=True),
        LinkType("duplicate_of", Message("duplicate of"), Message("has duplicate"), ordered=True),
        LinkType("part_of", Message("part of"), Message("consists of"), ordered=True),
        LinkType("resolved_by", Message("resolved by"), Message("resolves")),
        LinkType("affects", Message("affects"), Message("affected by")),
        LinkType("depends_on", Message("depends on"), Message("needed by"), ordered=True),
        LinkType("related_to", Message("related to"), Message("related to")),
    )
}


def choices() -> list[tuple[str, str]]:
    """Return what can be chosen for a new link: key (with `:back` for the other direction) and words."""
    found = []
    for link in LINK_TYPES.values():
        found.append((link.key, link.forward))
        if not link.symmetric:
            found.append((link.key + BACK, link.backward))
    return found


def read_choice(choice: str) -> tuple[LinkType | None, bool]:
    """Return the type that was chosen and whether it is meant from source to target; no type for an unknown one."""
    return LINK_TYPES.get(choice.removesuffix(BACK)), not choice.endswith(BACK)
