"""The verdict book: verdicts are stored with their certificates, and read back with all they rest on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crm.core.compatibility import verdict_repository
from crm.core.compatibility.bundle import document_of
from crm.core.compatibility.certificates import certify, digest
from crm.core.compatibility.errors import RulesNotKept, VerdictNotKept, VerdictOvertaken, VerdictUnreadable
from crm.core.compatibility.evidence import Evidence, Replay, offering_texts, replay, text_of, written
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


class Kept(NamedTuple):
    """A verdict as it is stored; `certificate_hash` is that of the certificate itself, whatever is noted.

    `flaw` says in Chinese why certificate and hash are not what was written, else empty.
    """

    qualification: str
    certificate_hash: str
    given_at: datetime
    flaw: str


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

    async def kept(self, session: AsyncSession, verdict_id: UUID) -> Kept | None:
        """A stored verdict without what it rests on; one statement."""
        found = await verdict_repository.verdict(session, verdict_id)
        if found is None:
            return None
        named = digest(found.certificate)
        return Kept(found.qualification, named, found.given_at, _flaw(found, named))

    async def evidence(
        self,
        session: AsyncSession,
        verdict_id: UUID,
        change: Mapping[str, Any],
        facts: Mapping[str, Any],
        order: str,
    ) -> Evidence:
        """A stored verdict with everything it rests on.

        Raises `VerdictNotKept`, `VerdictUnreadable`, `RulesNotKept`.
        """
        found = await verdict_repository.verdict(session, verdict_id)
        if found is None:
            raise VerdictNotKept(order)
        rules = await verdict_repository.rules_document(session, found.rules_hash)
        if rules is None:
            raise RulesNotKept(found.rules_hash)
        certificate = _certificate(found.certificate)
        if certificate is None:
            raise VerdictUnreadable(order, "证书不完整")
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


class _Named(msgspec.Struct):
    """The part of a certificate without which nothing can be looked up."""

    offerings: dict[str, str | None]


def _certificate(text: str) -> dict[str, Any] | None:
    """A stored certificate; None: it cannot be read."""
    try:
        msgspec.json.decode(text, type=_Named)
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _flaw(found: StoredVerdict, named: str) -> str:
    certificate = _certificate(found.certificate)
    if certificate is None:
        return "存下的证书（certificate）不完整，读不懂"
    if written(certificate) != found.certificate:
        return "存下的证书（certificate）的写法不是当时写下的"
    if named != found.certificate_hash:
        return "存下的证书摘要（certificate_hash）与证书不符"
    return ""
