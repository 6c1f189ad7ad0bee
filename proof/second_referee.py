"""clingo judges what engine and naive referee have judged: the same rules fire, for the same items."""

from functools import cache, partial
from pathlib import Path

from clingo import Control, Function, Number, Symbol, SymbolType

from crm.core.catalog.engine import Catalogue
from crm.core.compatibility.rules import Rule
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts
from proof.agreement import World
from proof.killing import ground
from proof.running import Chunk, Options, Result, run_chunks
from proof.translation import case_as_facts, rules_as_facts, words_unknown_to
from tests.unit.compatibility.agreement import disagreement
from tests.unit.compatibility.referee import Fire, Referee

_SEMANTICS = Path(__file__).with_name("semantics.lp")


class Least:
    """The one function the program asks of the outside."""

    def least(self, one: Symbol, other: Symbol) -> Symbol:
        """The smaller of two numbers."""
        return Number(min(one.number, other.number))


@cache
def _rules(rules: tuple[Rule, ...]) -> str:
    return rules_as_facts(rules)


def fires_by_logic(change: Change, facts: Facts, rules: tuple[Rule, ...], catalogue: Catalogue) -> set[Fire]:
    """What fires, by the one answer set of the program. Raises AssertionError when there is not just one."""
    control = Control(["--warn=none", "0"])
    control.load(str(_SEMANTICS))
    control.add("base", [], _rules(rules))
    control.add("base", [], case_as_facts(change, facts, catalogue))
    control.ground([("base", [])], Least())
    for stratum in (1, 2):
        control.ground([("stratum", [Number(stratum), Number(stratum + 1)])])
    answers: list[list[Symbol]] = []
    with control.solve(yield_=True) as models:
        answers += [list(model.symbols(shown=True)) for model in models]
    assert len(answers) == 1, f"{len(answers)} answer sets"
    (shown,) = answers
    codes = {
        each.arguments[1].number: each.arguments[2].string for each in shown if each.name == "basket_code"
    }
    return {_fire(each, codes) for each in shown if each.name == "fire"}


def _fire(said: Symbol, codes: dict[int, str]) -> Fire:
    rule, target, own, item, sure = said.arguments
    return Fire(rule.string, target.string, _id(own), _bound(item, codes), sure == Function("unsure"))


def _id(said: Symbol) -> str | None:
    return said.string if said.type is SymbolType.String else None


def _bound(item: Symbol, codes: dict[int, str]) -> str | None:
    if item == Function("none"):
        return None
    (inner,) = item.arguments
    return inner.string if item.name == "h" else codes[inner.number]


def chunk(number: int, cases: int) -> Chunk:
    """The first disagreement of naive referee and logic on one world's random cases."""
    world = World(number)
    for place in range(cases):
        change, facts = world.case(number, place)
        said = _differs(change, facts, world.rules.rules, world.catalogue)
        if said:
            return Chunk(place + 1, (f"world {number}, case {place}: {said}",))
    return Chunk(cases, ())


def _differs(change: Change, facts: Facts, rules: tuple[Rule, ...], catalogue: Catalogue) -> str:
    naive = Referee(change, facts, rules, catalogue).judge()
    logic = fires_by_logic(change, facts, rules, catalogue)
    only = (sorted(map(str, naive - logic)), sorted(map(str, logic - naive)))
    return "" if naive == logic else f"only the naive referee {only[0]}, only clingo {only[1]}"


def delivered(_number: int) -> Chunk:
    """Every case in catalog/cases on each of its channels: engine, naive referee and logic."""
    known, problems, count = ground(), list[str](), 0
    rules = RuleSet(each.rule for each in known.sources)
    for source, catalogue in known.cases:
        case = source.case
        for channel in (case.channel, *case.channels):
            change, facts = case.change(channel), case.facts(catalogue)
            said = _differs(change, facts, rules.rules, catalogue)
            said = said or disagreement(change, facts, rules, catalogue)
            count += 1
            if said:
                problems.append(f"{case.rule} {case.title}: {said}")
    return Chunk(count, tuple(problems))


def run(options: Options) -> Result:
    """Random cases, and all delivered ones."""
    if unknown := words_unknown_to(_SEMANTICS.read_text("utf-8")):
        return Result(False, f"semantics.lp does not know {', '.join(unknown)}")
    wanted = options.wanted(3_000, 30)
    said = run_chunks("clingo", partial(chunk, cases=min(20, wanted)), wanted, options)
    if options.quick or not said.passed:
        return said
    cases = delivered(0)
    summary = f"{said.summary}; {cases.cases} delivered cases, {len(cases.problems)} problems"
    return Result(not cases.problems, summary, cases.problems)
