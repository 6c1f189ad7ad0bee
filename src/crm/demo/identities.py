"""Identity numbers that pass the check digit, one for each customer index and never the same twice."""

from datetime import date, timedelta

from crm.core.customer.identity_number import credit_check_digit, person_check_digit
from crm.demo.places import COUNTIES

_FIRST_BIRTHDAY = date(1945, 1, 1)
_DAYS = (date(2008, 6, 30) - _FIRST_BIRTHDAY).days
_BIRTHS_A_DAY = 500  # the serial's last digit says man or woman, which leaves 500 of each
_SPACE = len(COUNTIES) * _DAYS * _BIRTHS_A_DAY
_STEP = 634_018_907  # a prime greater than every factor of the space
_BIRTHDAYS = tuple(f"{_FIRST_BIRTHDAY + timedelta(days=day):%Y%m%d}" for day in range(_DAYS))
_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def person_number(index: int, male: bool) -> str:
    """A resident identity number (GB 11643): county, birthday, serial (odd for men), check digit."""
    place = (index * _STEP) % _SPACE
    place, county = divmod(place, len(COUNTIES))
    serial, day = divmod(place, _DAYS)
    first_seventeen = f"{COUNTIES[county]}{_BIRTHDAYS[day]}{2 * serial + male:03d}"
    return first_seventeen + person_check_digit(first_seventeen)


def credit_code(index: int) -> str:
    """A unified social credit code (GB 32100) of an enterprise registered in Guizhou."""
    body = ""
    rest = (index * 7_919 + 104_729) % 31**5
    for _ in range(5):
        rest, sign = divmod(rest, 31)
        body += _SIGNS[sign]
    first_seventeen = f"91{COUNTIES[index % 10]}MA6{body}{_SIGNS[index % 31]}"
    return first_seventeen + credit_check_digit(first_seventeen)
