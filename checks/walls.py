"""An import contract of this house: rooms are entered by their doors only (used by import-linter)."""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class DoorsContract(Contract):
    """Modules outside a room import only the room's doors.

    - rooms: the package whose children are the rooms.
    - doors: what other rooms may import.
    - outer_doors: what everybody else may import.
    - windows: single modules that everybody may import although they are no doors.
    - with_key: modules that may go everywhere, because they wire the house together.
    """

    type_name = "doors"

    rooms = fields.StringField()
    doors = fields.ListField(subfield=fields.StringField())
    outer_doors = fields.ListField(subfield=fields.StringField())
    windows = fields.ListField(subfield=fields.StringField(), required=False)
    with_key = fields.ListField(subfield=fields.StringField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every import that ends inside a room and begins outside it."""
        broken: list[tuple[str, str]] = []
        rooms = str(self.rooms)
        for imported in sorted(module for module in graph.modules if module.startswith(f"{rooms}.")):
            if imported in self._list("windows"):
                continue
            room, _, shelf = imported.removeprefix(f"{rooms}.").partition(".")
            importers = sorted(graph.find_modules_that_directly_import(imported))
            broken += [(one, imported) for one in importers if not self._may(one, room, shelf.split(".")[0])]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def _may(self, importer: str, room: str, shelf: str) -> bool:
        rooms = str(self.rooms)
        if importer == f"{rooms}.{room}" or importer.startswith(f"{rooms}.{room}."):
            return True
        if any(importer == key or importer.startswith(f"{key}.") for key in self._list("with_key")):
            return True
        doors = self._list("doors" if importer.startswith(f"{rooms}.") else "outer_doors")
        return shelf in doors

    def _list(self, name: str) -> list[str]:
        value: Any = getattr(self, name) or []
        return [str(item) for item in value]

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name both ends of each forbidden import."""
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} may not import {imported}: go by a door", bold=False)
