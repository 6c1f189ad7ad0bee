"""Phone numbers of the demo province: the n-th line always has the same number, and no two share one."""

from random import Random

from crm.demo.places import PREFECTURES

# Segments of China Mobile that lines get, older ones first.
_SEGMENTS = "134 135 136 137 138 139 147 150 151 152 157 158 159 178 182 183 184 187 188 195 197 198"
SEGMENTS = tuple(_SEGMENTS.split())
MOST_LINES = 8_000_000
RESERVED_FOR_DEMO = "1380001"

_BLOCKS = 1_200  # of ten thousand numbers each
_BLOCK_SIZE = 10_000
_SPACE = _BLOCKS * _BLOCK_SIZE
_STEP = 7_368_787  # prime to the space, so that n → n·step mod space visits every number once
_FIXED = 20100501


def _blocks() -> tuple[tuple[str, str], ...]:
    """(first seven digits, prefecture) of the blocks this province was given.

    The same for every seed, so that data added later, with whatever seed, never meets a number that is taken.
    """
    rng = Random(_FIXED)
    names = [prefecture.name for prefecture in PREFECTURES]
    shares = [prefecture.share for prefecture in PREFECTURES]
    chosen: dict[str, str] = {}
    while len(chosen) < _BLOCKS:
        block = f"{rng.choice(SEGMENTS)}{rng.randrange(_BLOCK_SIZE):04d}"
        if block != RESERVED_FOR_DEMO and block not in chosen:
            chosen[block] = rng.choices(names, shares)[0]
    return tuple(chosen.items())


_GIVEN_BLOCKS = _blocks()


def number_of(index: int) -> tuple[str, str]:
    """The number of the `index`-th line and its prefecture; `index` below MOST_LINES."""
    place = (index * _STEP + _FIXED) % _SPACE
    block, region = _GIVEN_BLOCKS[place // _BLOCK_SIZE]
    return f"{block}{place % _BLOCK_SIZE:04d}", region
