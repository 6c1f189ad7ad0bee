"""Names of people and organisations, from Faker's zh_CN lists with their real frequencies."""

from itertools import accumulate
from random import Random
from typing import cast

from faker import Faker
from faker.providers.person.zh_CN import Provider

from crm.demo.places import PREFECTURES

_WEIGHTS = cast("dict[str, float]", Provider.last_names)
_SURNAMES = list(_WEIGHTS)
_SURNAME_WEIGHTS = list(accumulate(_WEIGHTS.values()))
_GIVEN = {
    True: [str(name) for name in Provider.first_names_male],
    False: [str(name) for name in Provider.first_names_female],
}
_SINGLE = {male: [name for name in names if len(name) == 1] for male, names in _GIVEN.items()}
_COMPANIES = 600


class Names:
    """A source of names; the same random numbers give the same names."""

    def __init__(self, seed: int) -> None:
        faker = Faker("zh_CN")
        faker.seed_instance(seed)
        self._companies = [str(faker.company()) for _ in range(_COMPANIES)]

    def person(self, rng: Random, male: bool) -> str:
        """Family name and given name; a quarter of the given names join two single characters."""
        surname = rng.choices(_SURNAMES, cum_weights=_SURNAME_WEIGHTS)[0]
        if rng.random() < 0.25:
            return surname + rng.choice(_SINGLE[male]) + rng.choice(_SINGLE[male])
        return surname + rng.choice(_GIVEN[male])

    def organisation(self, rng: Random) -> str:
        """A company with its prefecture in front, as registered names have it."""
        return rng.choice(PREFECTURES).name + rng.choice(self._companies)
