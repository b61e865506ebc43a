"""What went wrong with a job; Procrastinate keeps the jobs themselves, but not their errors."""

from datetime import datetime

from sqlalchemy import BigInteger, column, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base


class JobFailure(Base):
    """The last error of a job that waits for its next attempt or was given up.

    `job_id` is an id of `procrastinate_jobs`; that table is Procrastinate's own and not mapped here.
    """

    __tablename__ = "job_failure"

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    attempt: Mapped[int]
    message: Mapped[str]
    traceback: Mapped[str]
    at: Mapped[datetime]


# What jobs carry that are to be done or were given up, for whoever only looks for something in it.
carried = table("procrastinate_jobs", column("args", JSONB))
