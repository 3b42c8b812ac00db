"""A programming language is data: this record, one file per language, no logic."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tree_sitter import Language as TreeSitterLanguage


class GrammarUnavailable(ImportError):
    """The tree-sitter wheel of a language is not installed."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """How a program of the language is compiled and run, and what provides the commands."""

    run: tuple[str, ...]
    """Command that runs a program; `{file}` stands for its path."""
    compile: tuple[str, ...] = ()
    """Command that compiles first; empty for interpreted languages."""
    packages: tuple[str, ...] = ()
    """What to install, each as `registry:name` with registry `debian`, `pypi` or `npm`."""


@dataclass(frozen=True, slots=True)
class Language:
    """What the rest of the project may know about a programming language."""

    name: str
    """Canonical lower-case name."""
    suffixes: tuple[str, ...]
    """File suffixes with their dot; the first one is used for files that are written."""
    parser: str
    """`module:attribute` of the tree-sitter grammar; imported on first use."""
    aliases: tuple[str, ...] = ()
    """Other names that `grammars.get` accepts."""
    fences: tuple[str, ...] = ()
    """Info strings of Markdown code fences, beside the name and the aliases."""
    line_comment: str = ""
    """Mark that starts a comment to the end of the line."""
    block_comment: tuple[str, str] | None = None
    """Marks that open and close a comment."""
    comment_nodes: tuple[str, ...] = ("comment",)
    """Node types of the grammar that are comments."""
    stops: tuple[str, ...] = ()
    """Strings at which a sampled function body has ended and something else begins."""
    toolchain: Toolchain | None = None

    def tree_sitter(self) -> TreeSitterLanguage:
        """The grammar, ready for `tree_sitter.Parser`.

        Raises:
            GrammarUnavailable: the wheel that holds the grammar cannot be imported.
        """
        from tree_sitter import Language as TreeSitterLanguage

        module, _, attribute = self.parser.partition(":")
        try:
            entry: Any = getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            package = module.replace("_", "-")
            raise GrammarUnavailable(
                f"no tree-sitter grammar for {self.name}: cannot load {self.parser!r}; install the package {package!r}"
            ) from error
        return TreeSitterLanguage(entry())
