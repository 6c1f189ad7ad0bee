"""What planning takes in and gives out: steps, plans, goals, alternatives."""

from datetime import date

import msgspec

from crm.core.compatibility.schemas import Change, Qualification, Verdict


class PlanStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step towards a wish, in the order in which it is to be done.

    `say` is what the customer must hear, and agree to, before it; `record` the key that proves it was said.
    """

    do: str  # record | cancel | add | switch | work_order | add_profile | visit_store | wait | order
    text: str
    on: date  # the earliest day on which it can be done; for `wait` the day that is waited for
    where: str = "desk"  # desk | store | back_office
    held_id: str | None = None
    offering: str | None = None
    name: str = ""
    work_order_type: str = ""
    bring: tuple[str, ...] = ()
    record: str = ""
    say: tuple[str, ...] = ()
    rule_id: str = ""
    clause: str = ""


class Cost(msgspec.Struct, frozen=True, order=True):
    """What a plan costs, compared in this order: steps, then trouble for the customer, then money."""

    steps: int = 0  # without the order at the end
    trouble: int = (
        0  # points of docs/compatibility.md: a work order 10, a trip to a store 25, a day of waiting 1
    )
    fen: int = 0  # monthly fees of what the plan adds to the wish


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """An offering near the one wished for that could be ordered now."""

    offering: str
    name: str
    verdict: Verdict
    monthly_fee_fen: int | None
    fee_difference_fen: int | None  # to the offering wished for; None when either price is not known
    why: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The fewest, then cheapest steps that make a wish possible, or why there are none.

    `change` is the basket at the end of the steps; `outcome` its verdict, judged again on the facts that hold
    then (None when the steps themselves fulfil the wish, or when there is no plan). `proved`: nothing shorter
    or cheaper exists; False when the search was cut off. `questions` are steps whose outcome nobody can
    foresee ("verify first"): after an answer the plan may be another.
    """

    possible: bool
    steps: tuple[PlanStep, ...] = ()
    cost: Cost = Cost()
    change: Change | None = None
    outcome: Qualification | None = None
    questions: tuple[str, ...] = ()
    conflict: tuple[str, ...] = ()  # the smallest set of facts that cannot stand together, in words
    reasons: tuple[str, ...] = ()  # why they cannot
    alternatives: tuple[Alternative, ...] = ()
    proved: bool = True
    judged: int = 0  # how often the checker was asked


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At least so much of an allowance, e.g. 10240 of data_mb."""

    kind: str
    amount: int


class Goal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the customer wants without naming a product. Allowances and fee are those of the main plan with
    at most one pack; the present plan may stay."""

    wanted: tuple[Wanted, ...] = ()
    max_fee_fen: int | None = None
    keep: tuple[str, ...] = ()  # ids of held products that must not be lost
    keep_kinds: tuple[str, ...] = ()  # nor any held product of these kinds, e.g. vnet
    brands: tuple[str, ...] = ()  # brands the line may have afterwards; empty: any
    with_pack: bool = True
    channel: str = "hotline"
    most: int = 3  # how many answers


class GoalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One way to the goal: what to add, and the plan that makes it possible."""

    offerings: tuple[str, ...]
    names: tuple[str, ...]
    monthly_fee_fen: int  # of the main plan and the pack
    allowances: tuple[Wanted, ...]  # what they give of the kinds asked for
    change: Change
    plan: Plan
    verdict: Verdict  # of the wish as it stands today, before any step


class GoalAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """The best ways to a goal, best first. `proved`: none better exists. Without any, `conflict` says why."""

    answers: tuple[GoalAnswer, ...]
    proved: bool
    candidates: int
    judged: int
    conflict: tuple[str, ...] = ()


class PlannedScenario(msgspec.Struct, frozen=True, kw_only=True):
    """Output of `crm qualify --plan`."""

    qualification: Qualification
    plan: Plan
