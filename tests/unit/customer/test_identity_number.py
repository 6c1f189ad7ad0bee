"""Check digits against numbers whose check digit is printed in the standards and in public samples."""

import pytest

from crm.core.customer.identity_number import (
    birthday_of,
    credit_check_digit,
    is_credit_code,
    is_person_number,
    person_check_digit,
    upgraded,
)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_samples_of_the_standard_pass(number: str) -> None:
    assert is_person_number(number)


def test_two_digits_swapped_are_noticed() -> None:
    assert not is_person_number("11010519491231020X")


@pytest.mark.parametrize(
    "number", ["110105194912310021", "11010519491331002X", "11010519491231002", "", "张三"]
)
def test_wrong_check_digit_month_or_shape_fails(number: str) -> None:
    assert not is_person_number(number)


def test_a_day_that_never_was_fails_even_with_a_right_check_digit() -> None:
    first = "11010519490230002"
    assert not is_person_number(first + person_check_digit(first))


def test_first_generation_number_grows_to_eighteen() -> None:
    assert upgraded("110105491231002") == "11010519491231002X"
    assert upgraded("110105491331002") is None


def test_birthday_is_read() -> None:
    born = birthday_of("11010519491231002X")
    assert born is not None
    assert born.isoformat() == "1949-12-31"


def test_credit_code_of_the_standard_passes_and_a_slip_does_not() -> None:
    assert credit_check_digit("91350100M000100Y4") == "3"
    assert is_credit_code("91350100M000100Y43")
    assert not is_credit_code("91350100M000100Y34")
    assert not is_credit_code("91350100M000100O43")
