"""What runs inside the candidate's process: the program itself, and the requests about it.

Everything here is at the mercy of the program that it runs. So it holds nothing worth stealing (no expected value) and
decides nothing: it sends values, positions and names of exceptions, and the judge outside makes of them what it will.
Loaded by path into the fork server; imports the standard library alone.
"""

from __future__ import annotations

import os
import sys
from types import CodeType, TracebackType
from typing import Any

FILENAME = "<candidate>"
MAX_MESSAGE = 500
ONLY_AST = 0x400
"""`ast.PyCF_ONLY_AST`."""
MAX_ITEMS = 100_000
"""Elements taken from an iterator of the program's own."""

MUTABLE = frozenset("lsdqBt")
"""Tags of arguments that a call may change in place; a tuple for what it holds."""

wire: Any = None
"""`analyzers.runtime.wire`, loaded by the fork server."""
lines: Any = None
"""The module beside this one, loaded by the fork server."""


class Channel:
    """Frames over a socket, from the candidate's side; bare reads and writes, which touch the least memory."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, message: Any) -> None:
        """Sends a message."""
        frame = memoryview(wire.pack(message))
        while frame:
            frame = frame[os.write(self._descriptor, frame) :]

    def receive(self) -> Any:
        """The next message, or None where the judge has gone."""
        head = self._exactly(4)
        return wire.unpack(self._exactly(int.from_bytes(head, "big"))) if head else None

    def _exactly(self, count: int) -> bytes:
        parts = []
        while count:
            part = os.read(self._descriptor, min(count, 1 << 20))
            if not part:
                return b""
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def run(source: str, mode: str, descriptor: int, *, executed: bool) -> None:
    """Runs `source` and answers on the socket `descriptor`; never returns.

    In mode `serve` the program is loaded as a module and requests follow; in mode `main` it is run as a script.
    `executed` tells which lines are executed.
    """
    channel = Channel(descriptor)
    try:
        code = compile(source, FILENAME, "exec", dont_inherit=True)
    except BaseException as error:
        channel.send({"syntax": _syntax_facts(error, source)})
        os._exit(0)
    module = type(sys)("__main__" if mode == "main" else "candidate")
    sys.modules[module.__name__] = module
    namespace = module.__dict__
    if executed:
        lines.watch(FILENAME, channel)
    try:
        exec(code, namespace)
    except BaseException as error:
        _finish(channel, error, mode)
    if mode == "main":
        _finish(channel, None, mode)
    channel.send({"ready": True})
    _serve(channel, namespace)


def _finish(channel: Channel, error: BaseException | None, mode: str) -> None:
    """Ends a script, or a module that could not be loaded."""
    status = 0
    if isinstance(error, SystemExit) and mode == "main":
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
        error = None
    try:
        if error is None and "threading" in sys.modules:  # what the script started and did not join is part of its run
            sys.modules["threading"]._shutdown()
        sys.stdout.flush()
    except BaseException as flushing:
        error = error or flushing
    channel.send({"raised": _exception_facts(error)} if error is not None else {"exit": status})
    os._exit(status & 0xFF)


def _serve(channel: Channel, namespace: dict[str, Any]) -> None:
    objects: dict[int, Any] = {}

    def reference(value: Any) -> list[Any]:
        if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
            return wire.encode(value.item(), reference)  # type: ignore[no-any-return]
        objects[len(objects)] = value
        return ["r", len(objects) - 1]

    while (request := channel.receive()) is not None:
        try:
            reply = answer(request, namespace, objects, reference)
        except BaseException as error:
            reply = {"raised": _exception_facts(error, blame=_callee(request, namespace, objects))}
        try:
            channel.send(reply)
        except wire.NotPlain as error:
            channel.send({"raised": {"type": "OverflowError", "bases": ["OverflowError"], "message": str(error)}})
    os._exit(0)


def answer(request: list[Any], namespace: dict[str, Any], objects: dict[int, Any], reference: Any) -> dict[str, Any]:
    """What came of one request: the value, and the arguments that the call changed."""
    operation, target, arguments, keywords = request
    given = [wire.decode(argument, objects.__getitem__) for argument in arguments]
    named = {name: wire.decode(argument, objects.__getitem__) for name, argument in keywords}
    before = [tree if isinstance(tree, list) and tree[0] in MUTABLE else None for tree in arguments]
    if operation == "eval":
        return {"value": wire.encode(eval(target, namespace), reference)}
    subject = _resolve(target, namespace, objects)
    value = subject(*given, **named) if operation == "call" else _OPERATIONS[operation](subject, *given)
    reply = {"value": wire.encode(value, reference)}
    if operation == "call":
        after = [
            None if old is None else wire.encode(argument, reference)
            for argument, old in zip(given, before, strict=True)
        ]
        changed = [[index, new] for index, (old, new) in enumerate(zip(before, after, strict=True)) if new != old]
        if changed:
            reply["changed"] = changed
    return reply


_OPERATIONS: dict[str, Any] = {
    "get": lambda subject: subject,
    "getattr": getattr,
    "setattr": setattr,
    "getitem": lambda subject, key: subject[key],
    "items": lambda subject: _take(subject),
    "len": len,
    "str": str,
    "repr": repr,
    "bool": bool,
}


def _take(subject: Any) -> list[Any]:
    items: list[Any] = []
    for item in subject:
        if len(items) == MAX_ITEMS:
            raise OverflowError(f"an iterator of more than {MAX_ITEMS} elements")
        items.append(item)
    return items


def _resolve(target: Any, namespace: dict[str, Any], objects: dict[int, Any]) -> Any:
    """An object by its number, or by a dotted name: a global, or a method of an object made without arguments."""
    if isinstance(target, int):
        return objects[target]
    head, *rest = target.split(".")
    if head not in namespace and hasattr(namespace.get("Solution"), head):
        return getattr(namespace["Solution"](), head)  # the shape of LeetCode-like tasks
    if head not in namespace:
        raise NameError(f"the program does not define {head!r}")
    subject = namespace[head]
    for name in rest:
        subject = getattr(subject() if isinstance(subject, type) else subject, name)
    return subject


def _callee(request: list[Any], namespace: dict[str, Any], objects: dict[int, Any]) -> CodeType | None:
    """Code of the function that was asked for: it answers for an error that has no frame of its own (wrong arity)."""
    try:
        code = getattr(_resolve(request[1], namespace, objects), "__code__", None)
    except BaseException:
        return None
    return code if isinstance(code, CodeType) and code.co_filename == FILENAME else None


def _exception_facts(error: BaseException, blame: CodeType | None = None) -> dict[str, Any]:
    try:
        message = str(error)[:MAX_MESSAGE]
    except BaseException:
        message = ""
    bases = [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"]
    facts: dict[str, Any] = {"type": type(error).__name__, "bases": bases, "message": message}
    frame = _innermost(error.__traceback__)
    if frame is not None:
        facts["frame"] = frame
    elif blame is not None:
        facts["frame"] = [blame.co_firstlineno, blame.co_firstlineno, None, None]
    return facts


def _innermost(trace: TracebackType | None) -> list[int | None] | None:
    """Line, last line, column, last column (bytes, half-open) where the program's own code last stood."""
    found = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            found = trace
        trace = trace.tb_next
    if found is None:
        return None
    positions = list(found.tb_frame.f_code.co_positions())
    line, last, column, end = positions[found.tb_lasti // 2]
    return [line or found.tb_lineno, last, column, end]


def _syntax_facts(error: BaseException, source: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"type": type(error).__name__, "message": str(error)[:MAX_MESSAGE]}
    if isinstance(error, SyntaxError):
        facts["message"] = error.msg
        facts["at"] = [error.lineno, error.end_lineno, error.offset, error.end_offset]
        try:
            compile(source, FILENAME, "exec", ONLY_AST, dont_inherit=True)
            facts["unit"] = "byte"  # what parses and does not compile (a stray `return`) is counted as the tree counts
        except BaseException:
            facts["unit"] = "codepoint"
    return facts
