"""`make bench`: run every measurement in this folder, or those named, one after the other.

Each prints ratios of ours against a bare baseline in the same run; absolute figures are for orientation.
"""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
LIBRARY = {"bench"}


def scripts() -> list[str]:
    """The names of the measurements, in order."""
    found = {path.stem for path in FOLDER.glob("*.py") if '__name__ == "__main__"' in path.read_text("utf-8")}
    return sorted(found - LIBRARY)


def main(wanted: list[str]) -> int:
    """Run them; the exit code is that of the first that failed."""
    unknown = [name for name in wanted if name not in scripts()]
    if unknown:
        print(
            f"no such measurement: {', '.join(unknown)}; there are: {', '.join(scripts())}", file=sys.stderr
        )
        return 2
    failed = 0
    for name in wanted or scripts():
        print(f"\n=== {name}", flush=True)
        code = subprocess.run(
            [sys.executable, "-m", f"bench.{name}"], cwd=FOLDER.parent, check=False
        ).returncode
        failed = failed or code
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
