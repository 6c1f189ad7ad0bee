"""Names and identity numbers as they are shown without a reason."""

import pytest

from crm.core.customer.masking import mask_identity, mask_name, tail_of


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张伟", "张**"),
        ("王小明", "王**"),
        ("欧阳娜娜", "欧阳**"),
        ("欧阳", "欧**"),
        ("阿卜杜拉·买买提", "阿**"),
        ("J", "J**"),
        ("", ""),
    ],
)
def test_a_person_keeps_the_family_name_only(name: str, shown: str) -> None:
    assert mask_name(name) == shown


def test_stars_do_not_give_the_length_away() -> None:
    assert len({mask_name(name) for name in ("张伟", "张小伟", "张王小伟")}) == 1


def test_an_organisation_keeps_its_registered_name() -> None:
    assert mask_name("贵阳黔程商贸有限公司", "organisation") == "贵阳黔程商贸有限公司"


def test_identity_shows_first_and_last_four() -> None:
    assert mask_identity(tail_of("520102197901081234")) == "5201**********1234"
    assert mask_identity("") == ""
    assert tail_of("1234567") == ""
