"""Tables of people's desks."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class DeskChoice(Base):
    """How a person wants to work; who has no row here has chosen nothing."""

    __tablename__ = "desk_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    stays: Mapped[bool] = mapped_column(server_default="false")
