"""Counting votes, pure: what several people's answers come to under a rule."""

from collections.abc import Sequence
from typing import Literal

from app.errors import BusinessError, Message

Rule = Literal["single", "all", "n_of_m", "sequential"]
Vote = Literal["approve", "reject", "ask"]
Decision = Literal["approved", "rejected", "returned"]


def votes_needed(rule: Rule, voters: int, needed: int | None) -> int:
    """Return how many approvals the rule asks for.

    Raises:
        BusinessError: `approval.not_enough_approvers` when it asks for more than there are people, or for none.
    """
    wanted = {"single": 1, "n_of_m": needed or 0}.get(rule, voters)
    if not 1 <= wanted <= voters:
        raise BusinessError(
            "approval.not_enough_approvers",
            Message(
                "{wanted} approvals are asked for, but {voters} people may give one.", wanted=wanted, voters=voters
            ),
        )
    return wanted


def count(votes: Sequence[Vote], rule: Rule, needed: int | None = None) -> Decision:
    """Decide from all votes.

    Enough approvals approve. Where the questions still open could not lead to enough, it is rejected; else it goes
    back to be answered.

    Raises:
        BusinessError: `approval.no_votes`, or as `votes_needed`.
    """
    if not votes:
        raise BusinessError("approval.no_votes", "Nobody has voted.")
    wanted = votes_needed(rule, len(votes), needed)
    approvals, questions = votes.count("approve"), votes.count("ask")
    if approvals >= wanted:
        return "approved"
    return "returned" if questions and approvals + questions >= wanted else "rejected"
