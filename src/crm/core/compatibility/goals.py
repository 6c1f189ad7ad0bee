"""The best ways to a goal, found exactly: RC2 of PySAT proposes choices by rising cost, the checker disposes.

A choice costs at least its own steps and fees; what else it takes is found by planning for it. The search
ends when the next proposal could not beat what was found. Pure; PySAT is loaded with the first goal.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import msgspec

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.engine import qualify
from crm.core.compatibility.goal_cnf import Candidate, Encoding, encode, total
from crm.core.compatibility.plan_schemas import Cost, Goal, GoalAnswer, GoalAnswers, Wanted
from crm.core.compatibility.plans import plan_for
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.saying import money
from crm.core.compatibility.schemas import Change, ChangeItem, Facts, Verdict

MOST_TRIED = 400
ALLOWANCE_NAMES = {"data_mb": "流量（MB）", "voice_minutes": "通话（分钟）", "sms": "短信（条）"}
_STEP = 10**9  # no fee reaches the weight of a step


class _Tried(msgspec.Struct):
    answers: list[tuple[Cost, GoalAnswer]]
    judged: int = 0
    tried: int = 0
    proved: bool = True


def find(goal: Goal, facts: Facts, rules: RuleSet, catalogue: Catalogue) -> GoalAnswers:
    """The best `goal.most` ways to the goal: fewest steps, then least trouble, then lowest fees added.

    The cost counts what is added as steps of its own. The same inputs give the same answers.
    """
    goal = _keeping(goal, facts, catalogue)
    encoding = encode(goal, facts, catalogue)
    tried = _Tried([])
    for chosen in proposals(encoding):
        if tried.tried >= MOST_TRIED:
            tried.proved = False
            break
        if len(tried.answers) >= goal.most and not total(chosen) < tried.answers[goal.most - 1][0]:
            break
        tried.tried += 1
        _try(goal, chosen, facts, rules, catalogue, tried)
    best = tried.answers[: goal.most]
    if encoding.cut is not None and (len(best) < goal.most or encoding.cut < best[-1][0]):
        tried.proved = False  # something that was left out might have been better
    answers = tuple([answer for _, answer in best])
    return GoalAnswers(
        answers=answers,
        proved=tried.proved,
        candidates=len(encoding.plans) + len(encoding.packs),
        judged=tried.judged,
        conflict=() if answers or not tried.proved else _why_not(goal, facts, rules, catalogue),
    )


def _keeping(goal: Goal, facts: Facts, catalogue: Catalogue) -> Goal:
    """The goal with the held products of the kinds to be kept named."""
    kept = [
        each.id
        for each in facts.held
        if (offering := catalogue.get(each.offering)) is not None and offering.kind in goal.keep_kinds
    ]
    return msgspec.structs.replace(goal, keep=tuple(dict.fromkeys([*goal.keep, *kept])))


def proposals(encoding: Encoding) -> Iterator[tuple[Candidate, ...]]:
    """Every choice that fulfils the clauses, by rising lower bound."""
    if not encoding.plans:
        return
    formula: Any = import_module("pysat.formula").WCNF()
    solver: Any = import_module("pysat.examples.rc2").RC2
    for clause in encoding.hard:
        formula.append(list(clause))
    for each in (*encoding.plans, *encoding.packs):
        weight = each.cost.steps * _STEP + each.cost.fen
        if weight:
            formula.append([-each.variable], weight=weight)
    seen: set[frozenset[int]] = set()
    with solver(formula) as rc2:
        for model in rc2.enumerate():
            chosen = encoding.chosen(model)
            name = frozenset([each.variable for each in chosen])
            if name not in seen:
                seen.add(name)
                yield chosen


def _try(
    goal: Goal,
    chosen: tuple[Candidate, ...],
    facts: Facts,
    rules: RuleSet,
    catalogue: Catalogue,
    tried: _Tried,
) -> None:
    added = [each for each in chosen if not each.stays]
    names = tuple([each.offering.name for each in chosen])
    codes = tuple([each.offering.code for each in chosen])
    if not added:
        return  # what the customer has is enough already; there is nothing to sell
    change = Change(
        items=tuple([ChangeItem(action="add", offering=each.offering.code) for each in added]),
        channel=goal.channel,
    )
    plan = plan_for(change, facts, rules, catalogue, goal.keep, explain=False)
    tried.judged += plan.judged
    tried.proved = tried.proved and plan.proved
    if not plan.possible or plan.change is None or not _still_wanted(goal, plan.change, change):
        return
    cost = Cost(plan.cost.steps + len(added), plan.cost.trouble, plan.cost.fen + total(chosen).fen)
    answer = GoalAnswer(
        offerings=codes, names=names, monthly_fee_fen=sum(each.fee for each in chosen),
        allowances=tuple(
            [
                Wanted(kind=one.kind, amount=sum(each.gives[place] for each in chosen))
                for place, one in enumerate(goal.wanted)
            ]
        ),
        change=change, plan=plan, verdict=_today(change, facts, rules, catalogue),
    )  # fmt: skip
    tried.answers.append((cost, answer))
    tried.answers.sort(key=lambda each: each[0])


def _today(change: Change, facts: Facts, rules: RuleSet, catalogue: Catalogue) -> Verdict:
    return qualify(change, facts, rules, catalogue).verdict


def _still_wanted(goal: Goal, end: Change, change: Change) -> bool:
    """The plan adds nothing the goal did not choose: another choice stands for that."""
    return {item.offering for item in end.items if item.action == "add"} == {
        item.offering for item in change.items
    } and end.channel == goal.channel


def _why_not(goal: Goal, facts: Facts, rules: RuleSet, catalogue: Catalogue) -> tuple[str, ...]:
    """The fewest demands of the goal that cannot be met together: each is dropped in turn.

    Empty when it cannot be told whether what is left can be met: a guess is no reason.
    """
    left, core = goal, list[str]()
    for words, looser in _looser(left):
        dropped = looser(left)
        met = _any(dropped, facts, rules, catalogue)
        if met is None:
            return ()
        if met:
            core.append(words)
        else:
            left = dropped
    return tuple(core)


def _looser(goal: Goal) -> Iterator[tuple[str, Callable[[Goal], Goal]]]:
    """Every demand in words, with the goal that lacks it."""
    replace = msgspec.structs.replace
    for one in goal.wanted:
        words = f"{ALLOWANCE_NAMES.get(one.kind, one.kind)}至少 {one.amount}"
        yield words, lambda it, gone=one: replace(it, wanted=tuple([w for w in it.wanted if w is not gone]))
    if goal.max_fee_fen is not None:
        yield f"费用不超过 {money(goal.max_fee_fen)}", lambda it: replace(it, max_fee_fen=None)
    if goal.keep:
        yield "保留选定的业务", lambda it: replace(it, keep=())
    if goal.brands:
        yield f"品牌是{'、'.join(goal.brands)}", lambda it: replace(it, brands=())


def _any(goal: Goal, facts: Facts, rules: RuleSet, catalogue: Catalogue) -> bool | None:
    """Whether the goal can be met at all, by what is held or by a plan; None when the search was cut."""
    encoding = encode(goal, facts, catalogue)
    proved = encoding.cut is None
    for tries, chosen in enumerate(proposals(encoding)):
        if all(each.stays for each in chosen):
            return True
        tried = _Tried([])
        _try(goal, chosen, facts, rules, catalogue, tried)
        if tried.answers:
            return True
        proved = proved and tried.proved
        if tries >= MOST_TRIED // 4:
            return None
    return False if proved else None
