"""Drafts that tests make from the delivered files."""

from tests.factories import World

CHAPTER = "rules/04-group.toml"
PROOFS = "cases/04-group.toml"


async def delivered(world: World) -> dict[str, str]:
    """The files of the version in force."""
    return await world.services.rulebook.files()


async def with_other_words(world: World, words: str = "烦请您留意，") -> dict[str, str]:
    """BR-11b says its sentence otherwise: every proof still holds."""
    files = await delivered(world)
    files[CHAPTER] = changed(files[CHAPTER], "BR-11b", 'script = "', f'script = "{words}')
    return files


async def with_verdict(world: World, rule_id: str, before: str, after: str) -> dict[str, str]:
    """One rule of the chapter with another verdict; its proofs do not hold any more."""
    files = await delivered(world)
    files[CHAPTER] = changed(files[CHAPTER], rule_id, f'verdict = "{before}"', f'verdict = "{after}"')
    return files


def changed(text: str, rule_id: str, old: str, new: str) -> str:
    """The file with one replacement inside one rule."""
    start = text.index(f'id = "{rule_id}"')
    end = text.find("[[rule]]", start)
    end = len(text) if end < 0 else end
    part = text[start:end]
    assert old in part
    return text[:start] + part.replace(old, new, 1) + text[end:]
