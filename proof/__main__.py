"""`python -m proof`: run every proof, or those named; exit code 1 when one fails."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

from proof import agreement, builders, coverage, killing, plans, second_referee
from proof.running import ROOT, Options, Result

SECTIONS: dict[str, Callable[[Options], Result]] = {
    "agreement": agreement.run,
    "whole-catalogue": builders.whole_catalogue,
    "forgeries": builders.forgeries,
    "clingo": second_referee.run,
    "plans": plans.run,
    "mutants": killing.run,
    "coverage": coverage.run,
}
_STATE = Path(os.environ.get("CRM_DATA_DIR", ROOT / ".data")) / "proof.json"


def _named(_context: click.Context, _option: click.Parameter, value: str) -> list[str]:
    names = [name.strip() for name in value.split(",") if name.strip()]
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}; there are: {', '.join(SECTIONS)}")
    return names or list(SECTIONS)


@click.command()
@click.option("--only", default="", callback=_named, help=f"Sections: {', '.join(SECTIONS)}.")
@click.option("--cases", type=click.IntRange(1), help="Cases of a random section, all nights together.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--quick", is_flag=True, help="A few cases of everything; keeps no state.")
@click.option("--state", type=click.Path(path_type=Path, dir_okay=False), default=_STATE, show_default=True)
@click.option("--write", is_flag=True, help="Write docs/coverage.md first.")
def main(only: list[str], cases: int | None, jobs: int, quick: bool, state: Path, write: bool) -> None:
    """Prove the checker; what each section proves is in docs/proof.md."""
    if write:
        coverage.DOCUMENT.write_text(coverage.document(), "utf-8")
    options = Options(quick=quick, cases=cases, jobs=1 if quick else jobs, state=state)
    failed: list[str] = []
    for name in only:
        started = time.monotonic()
        result = SECTIONS[name](options)
        word = "proved" if result.passed else "FAILED"
        click.echo(f"{name}: {word}, {result.summary} ({time.monotonic() - started:.0f} s)")
        for problem in result.problems:
            click.echo(problem)
        if not result.passed:
            failed.append(name)
    if failed:
        click.echo(f"not proved: {', '.join(failed)}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
