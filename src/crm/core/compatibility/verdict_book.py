"""The verdict book: verdicts are stored with their certificates, and read back with all they rest on."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility import verdict_repository
from crm.core.compatibility.bundle import document_of
from crm.core.compatibility.certificates import certify, digest
from crm.core.compatibility.errors import RulesNotKept, VerdictNotKept, VerdictOvertaken
from crm.core.compatibility.evidence import Evidence, Replay, offering_texts, replay, text_of
from crm.core.compatibility.models import StoredVerdict
from crm.core.compatibility.ruleset import RuleSet
from crm.core.compatibility.schemas import Change, Facts, Qualification
from crm.core.compatibility.sources import CatalogueSource, RulesHolder


class Certified(NamedTuple):
    """A verdict and its certificate as they will be stored, with the catalogue entries they rest on."""

    qualification: str
    certificate: str
    rules: RuleSet
    entries: dict[str, str]


class VerdictBook:
    """Keeps verdicts for others; whoever acted under one names it by the id of what was done."""

    def __init__(self, judge: RulesHolder, catalog: CatalogueSource) -> None:
        self._judge = judge
        self._catalog = catalog
        self._version_known = ""  # hash of rules that are known to be stored as a version

    def certify(self, change: Change, facts: Facts, qualification: Qualification) -> Certified:
        """The certificate of a verdict just given. CPU only.

        Raises `VerdictOvertaken` when rules or catalogue have been replaced since.
        """
        rules, catalogue = self._judge.rules, self._catalog.catalogue
        if (qualification.rules_hash, qualification.catalogue_hash) != (rules.hash, catalogue.hash):
            raise VerdictOvertaken
        certificate = certify(change, facts, rules, catalogue, qualification)
        entries = offering_texts(certificate, catalogue)
        return Certified(text_of(qualification), text_of(certificate), rules, entries)

    async def keep(self, session: AsyncSession, verdict_id: UUID, certified: Certified, at: datetime) -> None:
        """Store it in the caller's transaction: two statements, a third with the first use of a rule set."""
        documents, rules = dict(certified.entries), certified.rules
        if rules.hash != self._version_known:
            if await verdict_repository.has_rules(session, rules.hash):
                self._version_known = rules.hash
            else:
                documents[rules.hash] = document_of(rules)
        await verdict_repository.keep(session, documents)
        session.add(
            StoredVerdict(
                id=verdict_id,
                qualification=certified.qualification,
                certificate=certified.certificate,
                certificate_hash=digest(certified.certificate),
                rules_hash=rules.hash,
                given_at=at,
            )
        )

    @staticmethod
    def replay(evidence: Evidence) -> Replay:
        """Judge again from the bundle alone, and have the independent checker read it. CPU only."""
        return replay(evidence)

    async def certificate_hash(self, session: AsyncSession, verdict_id: UUID) -> str:
        """The hash of a stored certificate; empty when there is none."""
        found = await verdict_repository.verdict(session, verdict_id)
        return "" if found is None else found.certificate_hash

    async def evidence(
        self,
        session: AsyncSession,
        verdict_id: UUID,
        change: Mapping[str, Any],
        facts: Mapping[str, Any],
        order: str,
    ) -> Evidence:
        """A stored verdict with everything it rests on. Raises `VerdictNotKept`, `RulesNotKept`."""
        found = await verdict_repository.verdict(session, verdict_id)
        if found is None:
            raise VerdictNotKept(order)
        rules = await verdict_repository.rules_document(session, found.rules_hash)
        if rules is None:
            raise RulesNotKept(found.rules_hash)
        certificate: dict[str, Any] = json.loads(found.certificate)
        named = [each for each in certificate["offerings"].values() if each is not None]
        entries = await verdict_repository.kept(session, named)
        for each in named:
            if each not in entries:
                raise RulesNotKept(each)
        return Evidence(
            change=dict(change),
            facts=dict(facts),
            rules=rules,
            offerings=tuple(entries[each] for each in named),
            qualification=found.qualification,
            certificate=certificate,
            order=order,
            judged_at=found.given_at.isoformat(),
        )
