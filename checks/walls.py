"""Import contracts of this house: doors between rooms, shelves within a room, a package that stands alone.

Used by import-linter.
"""

import sys
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class DoorsContract(Contract):
    """Modules outside a room import only the room's doors.

    - rooms: the package whose children are the rooms.
    - doors: what other rooms and channels may import.
    - windows: single modules that everybody may import although they are no doors.
    - with_key: modules that may go everywhere, because they wire the house together.
    """

    type_name = "doors"

    rooms = fields.StringField()
    doors = fields.ListField(subfield=fields.StringField())
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
        return shelf in self._list("doors")

    def _list(self, name: str) -> list[str]:
        value: Any = getattr(self, name) or []
        return [str(item) for item in value]

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name both ends of each forbidden import."""
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} may not import {imported}: go by a door", bold=False)


class ShelvesContract(Contract):
    """Within a room modules stand on shelves; an upper one may import a lower one, never the reverse.

    From above: service, repository, models, pure, schemas, errors. A module that is not declared is pure:
    engines, states, explanations and whatever comes next. Pure modules, schemas and errors reach none of
    the `forbidden` modules, not even through others.

    - rooms: the package whose children are the rooms.
    - service, repository, schemas: declared modules (`room.module`) beside those that bear the shelf's name.
    - forbidden: packages that pure modules must not reach.
    """

    type_name = "shelves"

    SHELVES = ("errors", "schemas", "pure", "models", "repository", "service")
    DECLARABLE = ("service", "repository", "schemas")

    rooms = fields.StringField()
    service = fields.ListField(subfield=fields.StringField(), required=False)
    repository = fields.ListField(subfield=fields.StringField(), required=False)
    schemas = fields.ListField(subfield=fields.StringField(), required=False)
    forbidden = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Compare both ends of every import within a room, then follow pure modules outwards."""
        depth = str(self.rooms).count(".") + 2
        modules = sorted(
            module
            for module in graph.modules
            if module.startswith(f"{self.rooms}.") and module.count(".") >= depth
        )
        broken: list[str] = []
        for module in modules:
            room = module.split(".")[depth - 1]
            for imported in sorted(graph.find_modules_directly_imported_by(module)):
                if imported in modules and imported.split(".")[depth - 1] == room:
                    broken += self._judge(module, imported)
            if self._shelf(module) in {"pure", "schemas", "errors"}:
                broken += self._reached(graph, module)
        declared = {
            f"{self.rooms}.{one}" for one in [*self._declared("service"), *self._declared("repository")]
        }
        broken += [f"{module} is declared but does not exist" for module in sorted(declared - set(modules))]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def _judge(self, importer: str, imported: str) -> list[str]:
        upper, lower = self._shelf(importer), self._shelf(imported)
        if self.SHELVES.index(upper) >= self.SHELVES.index(lower):
            return []
        return [f"{importer} ({upper}) may not import {imported} ({lower})"]

    def _reached(self, graph: ImportGraph, module: str) -> list[str]:
        found: list[str] = []
        for forbidden in self._declared("forbidden"):
            chain = graph.find_shortest_chain(module, forbidden) if forbidden in graph.modules else None
            if chain is not None:
                found.append(f"{module} is pure but reaches {' → '.join(chain[1:])}")
        return found

    def _shelf(self, module: str) -> str:
        name = module.removeprefix(f"{self.rooms}.")
        for shelf in self.DECLARABLE:
            if name in self._declared(shelf):
                return shelf
        last = name.partition(".")[2].partition(".")[0]
        return last if last in self.SHELVES else "pure"

    def _declared(self, name: str) -> list[str]:
        value: Any = getattr(self, name) or []
        return [str(item) for item in value]

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each breach."""
        for line in check.metadata["broken"]:
            output.print_error(line, bold=False)


class AloneContract(Contract):
    """A package imports itself and the standard library, nothing else.

    - package: the package that stands alone.
    """

    type_name = "alone"

    package = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every import that begins in the package."""
        package = str(self.package)
        inside = [each for each in graph.modules if each == package or each.startswith(f"{package}.")]
        broken = [
            f"{module} may not import {imported}: {package} stands alone"
            for module in sorted(inside)
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if imported not in inside and imported.partition(".")[0] not in sys.stdlib_module_names
        ]
        broken += [] if inside else [f"{package} does not exist"]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each breach."""
        for line in check.metadata["broken"]:
            output.print_error(line, bold=False)
