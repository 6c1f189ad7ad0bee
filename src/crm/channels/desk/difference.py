"""The difference as the agent quotes it: of the basket alone, or after the plan's steps; pure."""

from typing import NamedTuple

import msgspec

from crm.core.compatibility.plan_schemas import Plan
from crm.core.compatibility.schemas import Diff, DiffLine
from crm.core.ordering.schemas import Judgement


class Shown(NamedTuple):
    """`planned`: the difference counts what the plan's steps take away, which `gone` names."""

    diff: Diff
    planned: bool
    gone: tuple[DiffLine, ...]


def shown_difference(judgement: Judgement, plan: Plan | None) -> Shown:
    """What changes for the customer in the end. A basket with a plan costs what it costs after the plan.

    The fee now stays that of today. A plan whose steps fulfil the wish by themselves has no such end.
    """
    alone = judgement.qualification.diff
    if judgement.can_be_ordered or plan is None or plan.outcome is None:
        return Shown(alone, False, ())
    end = plan.outcome.diff
    left = {line.held_id for line in (*end.kept, *end.lost)}
    gone = tuple(line for line in (*alone.lost, *alone.kept) if line.held_id and line.held_id not in left)
    return Shown(msgspec.structs.replace(end, fee_now_fen=alone.fee_now_fen), True, gone)
