"""A programming language is data: this record, one file per language, no logic."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires
from typing import TYPE_CHECKING, Any

from grammars.ownership import DISTRIBUTION

if TYPE_CHECKING:
    from tree_sitter import Language as TreeSitterLanguage

EXTRA = "languages"
"""The extra that asks for the grammars of all built-in languages."""
CAPSULE = b"tree_sitter.Language"
"""What `tree_sitter.Language` expects a grammar's capsule to be called; kept alive here, since capsules do not copy."""


class GrammarUnavailable(ImportError):
    """The tree-sitter wheel of a language is not installed."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """How a program of the language is compiled and run, what provides the commands, and how tests report.

    Commands are words. The first word is looked up on PATH, unless it begins with a folder; `{file}` stands for the
    program's file, `{built}` for the folder that holds it and what the compiler left, `{work}` for the empty folder in
    which a command runs, `{cache}` for one of prepared files that all programs share, `{memory}` for the MiB that a
    program may use.
    """

    run: tuple[str, ...]
    """Command that runs a program."""
    compile: tuple[str, ...] = ()
    """Command that compiles it first and leaves the result in `{work}`; empty for interpreted languages."""
    compile_again: tuple[str, ...] = ()
    """Command whose words are looked at where no error of `compile` had a place in the program; leaves nothing."""
    server: tuple[str, ...] = ()
    """Command of a compiler that stays warm and is used instead, see `analyzers.runtime.compilers`; `{support}` stands
    for the folder of our scripts."""
    needs: tuple[str, ...] = ()
    """Commands that those start, and files that they read (with their whole path), looked for as well."""
    packages: tuple[str, ...] = ()
    """What to install, each as `registry:name` with registry `debian`, `pypi` or `npm`, or `upstream` where only its
    makers provide it; of npm with the version behind an @."""
    file: str = ""
    """Name of the program's file; `main` and the language's first suffix where it is empty."""
    support: tuple[str, ...] = ()
    """Files of `analyzers/runtime/support` that are placed beside the program."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables beside PATH, HOME, TMPDIR and LANG; a value may hold `{built}`, `{work}` and `{cache}`."""
    readable: tuple[str, ...] = ()
    """Files and folders outside of /usr that the commands must read."""
    version: tuple[str, ...] = ()
    """Command that prints the version; the first word of `compile` or `run` with `--version` where it is empty."""
    messages: str = ""
    """Module of `analyzers.runtime.messages` that reads what the commands print; the language's name by default."""
    record: str = ""
    """Statement that prints `{nonce}` at once, on a line of its own, as a line that begins with a line feed."""
    completion: tuple[tuple[str, str], ...] = ((r"\Z", "\n{record}\n"),)
    """Where code that is appended to a program says that it came to its end: pairs of a regular expression and what
    takes the place of its last match, with `{record}` for the statement. The first pair that matches counts."""
    assertion: tuple[tuple[str, str], ...] = ()
    """Assertions in such code, as pairs of the same kind: each match is a test that has passed at its `{record}`."""
    headers: tuple[str, ...] = ()
    """Headers of the language that are prepared for all programs that begin by including the same ones."""
    prepare: tuple[str, ...] = ()
    """Command that prepares them: it reads `{cache}/prelude.h` and leaves its result beside it. Without `headers`, what
    it leaves there is for all programs."""
    with_prepared: tuple[str, ...] = ()
    """Words that `compile` ends with for a program whose headers are prepared."""
    compile_timeout_s: float = 30.0
    """CPU seconds for the compiler; by the clock it may take some times as long."""
    start_s: float = 0.0
    """Seconds that the language's own run time takes to start, granted beside those of a test."""
    memory_bytes: int = 0
    """What the language's own run time takes, granted beside the program's memory."""
    reserves_memory: bool = False
    """Whether it reserves far more address space than it uses (JVM, Go, Node): then only its data is bounded."""
    processes: int = 0
    """Threads of the language's own run time, granted beside those of the program."""
    open_files: int = 0
    """Files that it holds open itself, granted beside those of the program."""
    warm: bool = False
    """Whether the sandbox keeps an interpreter of the language warm; then the words above are not used."""
    alternatives: tuple[tuple[str, Toolchain], ...] = ()
    """For programs in which the regular expression is found, this toolchain instead (Rust's `#[test]`, say)."""


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
    comment_marks: tuple[str, ...] = ()
    """Further marks at which a comment begins."""
    comment_nodes: tuple[str, ...] = ("comment",)
    """Node types of the grammar that are comments, and lines that begin with `#!`."""
    comment_holders: tuple[str, ...] = ()
    """Node types whose text may hold comments that the grammar does not tell apart (`#define`)."""
    blocks: tuple[tuple[str, str], ...] = ()
    """Words that open a block, with the word that closes it; with `^` before a word that opens one only at the start of
    a line."""
    lone_closers: tuple[str, ...] = ()
    """Brackets that may close what nothing in their line opened: `x)` of Bash's `case`."""
    nests_by_column: bool = False
    """Whether what a bracket holds stands right of the bracket itself (Lisp), and not of the line that opens it."""
    long_quotes: str = ""
    """Quotes of strings that may go on over the end of a line."""
    gaps: tuple[tuple[str, str], ...] = ()
    """What the grammar does not know of its language: regular expressions of such code, and the same in a form that it
    knows, of the same length; the parser alone sees that."""
    refused: tuple[tuple[str, str], ...] = ()
    """What the grammar takes and the language does not: tree-sitter queries that capture it as `@refused`, each with a
    regular expression for the text between `@before`, where the query captures that, and `@refused`."""
    stops: tuple[str, ...] = ()
    """Strings at which a sampled function body has ended and something else begins."""
    toolchain: Toolchain | None = None

    @property
    def package(self) -> str:
        """The package that holds the grammar, told by the name of its module."""
        return self.parser.partition(":")[0].partition(".")[0].replace("_", "-")

    def tree_sitter(self) -> TreeSitterLanguage:
        """The grammar, ready for `tree_sitter.Parser`.

        Raises:
            GrammarUnavailable: the wheel that holds the grammar cannot be imported.
        """
        from tree_sitter import Language as TreeSitterLanguage

        module, _, attribute = self.parser.partition(":")
        try:
            entry: Any = getattr(import_module(module), attribute)()
        except (ImportError, AttributeError) as error:
            raise GrammarUnavailable(
                f"no tree-sitter grammar for {self.name}: cannot load {self.parser!r};"
                f" install {_requirement(self.package)}"
            ) from error
        return TreeSitterLanguage(_capsule(entry) if isinstance(entry, int) else entry)


def _requirement(package: str) -> str:
    """What to install: a package, in the versions that our extra asks for."""
    try:
        wanted = [text.partition(";") for text in requires(DISTRIBUTION) or ()]
    except PackageNotFoundError:  # run from a checkout that is not installed
        wanted = []
    for requirement, _, marker in wanted:
        if EXTRA in marker and re.split(r"[\s<>=!~]", requirement, maxsplit=1)[0] == package:
            return f"{requirement.strip()!r}, or the extra '{DISTRIBUTION}[{EXTRA}]', which has all grammars"
    return f"the package {package!r}"


def _capsule(address: int) -> object:
    """The address of a grammar in the form that the parser asks for; some wheels still hand out the bare number."""
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return new(address, CAPSULE, None)
