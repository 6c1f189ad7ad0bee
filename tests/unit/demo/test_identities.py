"""Generated numbers: valid, unique, of this province."""

from math import gcd
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from crm.core.customer.identity_number import is_credit_code, is_person_number
from crm.core.customer.msisdn import Operator, is_mobile, operator_of
from crm.demo import identities, numbers
from crm.demo.identities import credit_code, person_number
from crm.demo.names import Names
from crm.demo.numbers import MOST_LINES, RESERVED_FOR_DEMO, number_of
from crm.demo.people import LINES, PEOPLE
from crm.demo.places import PREFECTURES

places = st.integers(0, MOST_LINES - 1)


@given(places, st.booleans())
def test_identity_numbers_pass_and_tell_men_from_women(index: int, male: bool) -> None:
    number = person_number(index, male)
    assert is_person_number(number)
    assert int(number[16]) % 2 == male


@given(places)
def test_credit_codes_pass(index: int) -> None:
    assert is_credit_code(credit_code(index))


def test_no_number_comes_twice() -> None:
    sample = range(200_000)
    assert len({number_of(index)[0] for index in sample}) == len(sample)
    assert len({person_number(index, True) for index in sample}) == len(sample)
    assert len({credit_code(index) for index in sample}) == len(sample)
    # What the sample cannot show: each walk visits its whole space before it repeats.
    assert gcd(numbers._STEP, numbers._SPACE) == 1
    assert gcd(identities._STEP, identities._SPACE) == 1
    assert min(numbers._SPACE, identities._SPACE) >= MOST_LINES


@given(places)
def test_lines_have_numbers_of_china_mobile_in_a_prefecture(index: int) -> None:
    msisdn, region = number_of(index)
    assert is_mobile(msisdn)
    assert operator_of(msisdn) is Operator.MOBILE
    assert not msisdn.startswith(RESERVED_FOR_DEMO)
    assert region in {prefecture.name for prefecture in PREFECTURES}


def test_demo_people_have_valid_documents() -> None:
    for person in PEOPLE:
        valid = is_credit_code if person.is_organisation else is_person_number
        assert valid(person.identity_number), person
    assert {line.person for line in LINES} == {person.key for person in PEOPLE}


def test_the_demo_customer_of_the_masked_example() -> None:
    assert PEOPLE[0].identity_number == "520102197901081234"


def test_names_depend_on_the_random_numbers_alone() -> None:
    one, other = Names(7), Names(7)
    assert [one.person(Random(n), True) for n in range(50)] == [
        other.person(Random(n), True) for n in range(50)
    ]
    assert one.organisation(Random(1)) == other.organisation(Random(1))
