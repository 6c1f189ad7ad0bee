"""The delivered offerings: no mistakes, everything the sources name, enough to be believed."""

import re
import tomllib
from pathlib import Path

import pytest

from crm.core.catalog.content import load_offerings
from crm.core.catalog.engine import Catalogue
from crm.core.catalog.schemas import Offering, OfferingKind, Relation, Timing

FOLDER = Path(__file__).resolve().parents[2] / "catalog" / "offerings"

NAMED = [
    "ao88-58",
    "ao88-88",
    "ao88-128",
    "ao88-188",
    "music-a",
    "music-b",
    "music-c",
    "music-membership",
    "music-option-1",
    "music-option-2",
    "music-option-3",
    "gotone-standard",
    "gotone-business",
    "gotone-upgrade",
    "easyown-standard",
    "easyown-changting",
    "easyown-dazhong",
    "easyown-qingsong",
    "mzone-campus-a",
    "mzone-campus-b",
    "mzone-net",
    "mzone-hke",
    "vnet-group",
    "vnet-campus",
    "vnet-hke",
    "gprs-old-5",
    "gprs-old-20",
    "gprs-new-5",
    "gprs-new-20",
    "gprs-new-50",
    "laidian-guanjia",
    "bundle-guanjia-cailing-1y",
    "cailing-5",
    "cailing-8",
    "laidian-xianshi",
    "laidian-tixing",
    "hujiao-dengdai",
    "guonei-manyou",
    "group-cailing",
    "group-cailing-package",
    "bizip-plan",
    "huaba-plan",
    "gonghua-plan",
    "sms-pack-prefecture",
    "sms-pack-10",
    "sms-pack-20",
    "discount-old-evening",
    "xiaoxuntong",
    "nongxintong",
]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    offerings, problems = load_offerings(FOLDER)
    assert [str(problem) for problem in problems] == []
    return Catalogue(offerings)


def _get(catalogue: Catalogue, code: str) -> Offering:
    found = catalogue.get(code)
    assert found is not None, code
    return found


def test_enough_to_be_believed(catalogue: Catalogue) -> None:
    assert len(catalogue) >= 150
    assert {offering.kind for offering in catalogue.offerings.values()} == set(OfferingKind)


@pytest.mark.parametrize("code", NAMED)
def test_what_the_sources_name_is_there(catalogue: Catalogue, code: str) -> None:
    assert catalogue.get(code) is not None


def test_everything_has_summary_source_and_a_way_to_read_its_price(catalogue: Catalogue) -> None:
    for offering in catalogue.offerings.values():
        assert offering.summary, offering.code
        assert offering.source, offering.code
        assert offering.monthly_fee_fen is not None or offering.fee_note, offering.code


@pytest.mark.parametrize(
    ("code", "plan", "relation"),
    [
        ("vnet-group", "gotone-business", Relation.COMPATIBLE),  # S3-11 a
        ("vnet-group", "easyown-qingsong", Relation.COMPATIBLE),
        ("vnet-group", "ao88-58", Relation.INCOMPATIBLE),  # S3-11 note 1
        ("vnet-group", "ao88-88", Relation.COMPATIBLE),
        ("vnet-campus", "music-a", Relation.COMPATIBLE),  # S3-11 c
        ("vnet-campus", "gotone-standard", Relation.INCOMPATIBLE),
        ("vnet-hke", "mzone-hke", Relation.COMPATIBLE),  # S3-11 note 3
        ("vnet-hke", "mzone-campus-a", Relation.INCOMPATIBLE),
        ("vnet-hke", "ao88-58", Relation.INCOMPATIBLE),
        ("gprs-old-5", "ao88-188", Relation.INCOMPATIBLE),  # S3-6
        ("gprs-old-20", "gotone-standard", Relation.COMPATIBLE),
        ("gprs-new-20", "ao88-188", Relation.COMPATIBLE),
        ("bundle-guanjia-cailing-1y", "ao88-58", Relation.INCOMPATIBLE),  # S3-10
        ("bundle-guanjia-cailing-1y", "gotone-standard", Relation.COMPATIBLE),
    ],
)
def test_compatibility_as_the_clauses_say(
    catalogue: Catalogue, code: str, plan: str, relation: Relation
) -> None:
    assert catalogue.relation(_get(catalogue, plan), _get(catalogue, code)) is relation


def test_h_empire_vnet_names_what_is_lost(catalogue: Catalogue) -> None:
    vnet = _get(catalogue, "vnet-hke")
    assert vnet.monthly_fee_fen == 3000
    assert len(vnet.losses) == 3
    for said, loss in zip(("120分钟", "400条", "彩铃"), vnet.losses, strict=True):
        assert said in loss


def test_plans_of_clause_1_open_platform_services_on_trial(catalogue: Catalogue) -> None:
    for plan in (*catalogue.tagged("奥运88系列"), *catalogue.tagged("音乐套餐")):
        assert plan.trial_months == 1
        assert plan.includes
        for code in plan.includes:
            assert "平台类业务" in _get(catalogue, code).tags


def test_olympic_plans_waive_ring_tone_and_caller_display(catalogue: Catalogue) -> None:
    for plan in catalogue.tagged("奥运88系列"):
        assert {"cailing-5", "laidian-xianshi"} <= set(plan.waives)


def test_some_stand_alone_offers_have_a_retention_text_and_some_do_not(catalogue: Catalogue) -> None:
    assert _get(catalogue, "sms-pack-10").retention
    assert not _get(catalogue, "sms-pack-20").retention


def test_every_file_holds_only_offerings_and_says_amounts_as_whole_fen() -> None:
    for path in FOLDER.glob("*.toml"):
        text = path.read_text("utf-8")
        assert set(tomllib.loads(text)) == {"offering"}, path.name
        assert not re.search(r"_fen = \d+\.", text), path.name


def test_the_readme_explains_every_key_and_every_choice() -> None:
    readme = (FOLDER.parent / "README.md").read_text("utf-8")
    keys = set(Offering.__struct_fields__) - {"attributes"}  # filled by imports, not by hand
    assert [key for key in sorted(keys) if f"`{key}`" not in readme and f"`{key} =" not in readme] == []
    assert [choice for choice in (*OfferingKind, *Timing) if f"`{choice.value}`" not in readme] == []
