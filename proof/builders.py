"""Sections whose work stands beside the tests of what they prove."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from proof.running import Chunk, Options, Result, run_chunks

_TESTS = "tests.unit.compatibility"
_CHUNK = 10_000


def whole_catalogue(options: Options) -> Result:
    """Bitsets over the whole catalogue against the engine, customer by customer."""
    return _run(
        "whole-catalogue", "whole_agreement.disagreements", options.wanted(10_000_000, 1_000), options
    )


def forgeries(options: Options) -> Result:
    """Forged certificates that the independent checker accepts."""
    return _run("forgeries", "forgeries.accepted_forgeries", options.wanted(1_000_000, 1_000), options)


def _run(section: str, function: str, wanted: int, options: Options) -> Result:
    module, _, name = function.partition(".")
    if find_spec(f"{_TESTS}.{module}") is None:
        return Result(False, f"{module}.py is not there")
    return run_chunks(section, partial(_seeded, module, name, min(_CHUNK, wanted)), wanted, options)


def _seeded(module: str, name: str, cases: int, number: int) -> Chunk:
    """One chunk of a function that takes a seed and a number of cases, and gives back what went wrong."""
    function: Callable[[int, int], object] = getattr(import_module(f"{_TESTS}.{module}"), name)
    said = function(number, cases)
    return Chunk(cases, (str(said),) if said else ())
