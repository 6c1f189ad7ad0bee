"""Check digits of identity documents: GB 11643 (persons) and GB 32100 (organisations)."""

import re
from datetime import date

_PERSON_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PERSON_DIGITS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CREDIT_PLACES = {sign: place for place, sign in enumerate(_CREDIT_ALPHABET)}

PERSON_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
CREDIT_SHAPE = re.compile(rf"[{_CREDIT_ALPHABET}]{{18}}")


def person_check_digit(first_seventeen: str) -> str:
    """The eighteenth character of a resident identity number (GB 11643-1999, ISO 7064 mod 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(first_seventeen, _PERSON_WEIGHTS, strict=True))
    return _PERSON_DIGITS[total % 11]


def is_person_number(text: str) -> bool:
    """Whether shape, birthday and check digit are those of a resident identity number."""
    return (
        PERSON_SHAPE.fullmatch(text) is not None
        and birthday_of(text) is not None
        and person_check_digit(text[:17]) == text[17]
    )


def birthday_of(number: str) -> date | None:
    """The birthday in an 18-digit number, None when it is no date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def upgraded(fifteen: str) -> str | None:
    """The 18-digit form of a first-generation number, None when its birthday is no date."""
    seventeen = f"{fifteen[:6]}19{fifteen[6:]}"
    if birthday_of(seventeen) is None:
        return None
    return seventeen + person_check_digit(seventeen)


def credit_check_digit(first_seventeen: str) -> str:
    """The eighteenth character of a unified social credit code (GB 32100-2015, mod 31)."""
    total = sum(
        _CREDIT_PLACES[sign] * weight for sign, weight in zip(first_seventeen, _CREDIT_WEIGHTS, strict=True)
    )
    return _CREDIT_ALPHABET[-total % 31]


def is_credit_code(text: str) -> bool:
    """Whether shape and check digit are those of a unified social credit code."""
    return CREDIT_SHAPE.fullmatch(text) is not None and credit_check_digit(text[:17]) == text[17]
