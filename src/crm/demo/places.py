"""Prefectures of Guizhou with their shares of lines, and the counties whose codes begin identity numbers."""

from typing import NamedTuple


class Prefecture(NamedTuple):
    """A prefecture, its share of the province's lines, and the county codes of its people (GB/T 2260)."""

    name: str
    share: float
    counties: tuple[str, ...]


def _codes(prefix: str, tails: str) -> tuple[str, ...]:
    return tuple(prefix + tail for tail in tails.split())


PREFECTURES = (
    Prefecture("贵阳", 0.24, _codes("5201", "02 03 11 12 13 15 21 22 23 81")),
    Prefecture("遵义", 0.17, _codes("5203", "02 03 04 22 23 24 25 26 27 28 29 30 81 82")),
    Prefecture("毕节", 0.16, _codes("5205", "02 21 22 23 24 25 26 27")),
    Prefecture("黔东南", 0.10, _codes("5226", "01 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36")),
    Prefecture("黔南", 0.10, _codes("5227", "01 02 22 23 25 26 27 28 29 30 31 32")),
    Prefecture("铜仁", 0.08, _codes("5206", "02 03 21 22 23 24 25 26 27 28")),
    Prefecture("黔西南", 0.06, _codes("5223", "01 02 23 24 25 26 27 28")),
    Prefecture("六盘水", 0.06, _codes("5202", "01 03 04 81")),
    Prefecture("安顺", 0.03, _codes("5204", "02 03 22 23 24 25")),
)

# People who moved here keep the code of where they came from.
ELSEWHERE = (
    "430102",
    "430623",
    "500101",
    "500230",
    "510104",
    "511025",
    "530102",
    "530324",
    "450102",
    "360103",
)

COUNTIES = tuple(code for prefecture in PREFECTURES for code in prefecture.counties) + ELSEWHERE
