"""Java."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tree_sitter import Node

from analyzers.runtime.tests import Appended
from trainer.tasks.augment.declarations import (
    CHARACTER,
    DOUBLE,
    SINGLE,
    TEXT,
    TRUTH,
    Kind,
    Signature,
    Type,
    Typed,
    generic,
    known,
    text_of,
    whole,
)
from trainer.tasks.augment.form import NoForm
from trainer.tasks.augment.languages import MARK
from trainer.tasks.augment.overflow import checked

JSON = r"""
    static String json(Object value) {
        if (value == null) return "null";
        if (value instanceof java.util.Optional) return json(((java.util.Optional<?>) value).orElse(null));
        if (value instanceof Double || value instanceof Float) {
            double number = ((Number) value).doubleValue();
            if (Double.isNaN(number) || Double.isInfinite(number)) throw new IllegalArgumentException("no plain value");
            return value.toString();
        }
        if (value instanceof Number || value instanceof Boolean) return value.toString();
        if (value instanceof String || value instanceof Character) return text(value.toString());
        if (value instanceof java.util.Map) {
            java.util.TreeMap<String, String> sorted = new java.util.TreeMap<>();
            ((java.util.Map<?, ?>) value).forEach((key, each) ->
                sorted.put(String.valueOf(key), text(String.valueOf(key)) + ":" + json(each)));
            return "{" + String.join(",", sorted.values()) + "}";
        }
        java.util.List<String> parts = new java.util.ArrayList<>();
        if (value.getClass().isArray()) {
            int length = java.lang.reflect.Array.getLength(value);
            for (int at = 0; at < length; at++) parts.add(json(java.lang.reflect.Array.get(value, at)));
        } else if (value instanceof java.util.Collection) {
            for (Object each : (java.util.Collection<?>) value) parts.add(json(each));
            if (value instanceof java.util.Set) java.util.Collections.sort(parts);
        } else {
            throw new IllegalArgumentException("no plain value");
        }
        return "[" + String.join(",", parts) + "]";
    }
    static String text(String value) {
        StringBuilder told = new StringBuilder("\"");
        for (char each : value.toCharArray()) {
            int known = "\"\\\n\t\r\b\f".indexOf(each);
            if (known >= 0) told.append('\\').append("\"\\ntrbf".charAt(known));
            else if (each < 32) told.append(String.format("\\u%04x", (int) each));
            else told.append(each);
        }
        return told.append('"').toString();
    }
"""
TELL = f"""
    interface Answer {{ Object get() throws Throwable; }}
    static void tell(int at, Answer value) {{
        try {{
            byte[] line = ("\\n{MARK} " + at + " " + json(value.get()) + "\\n").getBytes("UTF-8");
            System.out.write(line, 0, line.length);
            System.out.flush();
        }} catch (Throwable error) {{}}
    }}
"""
WATCH = r"""
    private static int depth, count;
    static void enter(Object[] given) {
        if (depth++ == 0 && count < 50) tell(count++, () -> given);
    }
    static void leave() { depth--; }
"""
NAMES = {
    "+": "Spanwise.plus", "-": "Spanwise.minus", "*": "Spanwise.times",
    "==": "Spanwise.same", "!=": "!Spanwise.same",
}  # fmt: skip
EXACT = "".join(
    f"    static {kind} {name}({kind} one, {kind} two) {{ return {value}; }}\n"
    for name, sign, exact in (("plus", "+", "add"), ("minus", "-", "subtract"), ("times", "*", "multiply"))
    for kind, value in (
        ("int", f"Math.{exact}Exact(one, two)"),
        ("long", f"Math.{exact}Exact(one, two)"),
        ("float", f"one {sign} two"),
        ("double", f"one {sign} two"),
    )
) + "".join(
    f"    static String plus({one} one, {two} two) {{ return one + two; }}\n"
    for one, two in (("String", "String"), ("String", "Object"), ("Object", "String"))
)
NUMBER = "one instanceof Double || one instanceof Float ? one.doubleValue() == two : one.longValue() == two"
SIDES = (
    *((kind, kind, "one == two") for kind in ("boolean", "int", "long", "double")),
    ("Number", "long", NUMBER), ("Number", "double", "one.doubleValue() == two"),
    ("Character", "long", "one.charValue() == two"), ("Boolean", "boolean", "one.booleanValue() == two"),
)  # fmt: skip
# Objects that are equal may be the same one or not: small numbers are, large ones are not.
EXACT += """
    static boolean same(Object one, Object two) {
        if (one != two && one != null && one.equals(two)) throw new IllegalStateException("the same or not");
        return one == two;
    }
""" + "".join(
    f"    static boolean same({one} one, {two} two) {{ return {value}; }}\n"
    + (f"    static boolean same({two} two, {one} one) {{ return {value}; }}\n" if one != two else "")
    for one, two, value in SIDES
)
SCALARS = {
    "boolean": TRUTH, "Boolean": TRUTH, "String": TEXT, "char": CHARACTER, "Character": CHARACTER,
    "int": whole(32), "Integer": whole(32), "long": whole(64, "L"), "Long": whole(64, "L"),
    "float": replace(SINGLE, behind="f"), "Float": replace(SINGLE, behind="f"), "double": DOUBLE, "Double": DOUBLE,
}  # fmt: skip
LISTS = {
    **dict.fromkeys(("List", "ArrayList", "Collection", "Iterable"), "ArrayList"),
    "LinkedList": "LinkedList", "Set": "HashSet", "HashSet": "HashSet",
}  # fmt: skip
MAPPINGS = {"Map": "HashMap", "HashMap": "HashMap", "TreeMap": "TreeMap", "LinkedHashMap": "LinkedHashMap"}
_MAIN = re.compile(r"\bvoid\s+main\s*\([^)]*\)[^{;]*\{")


def typed(declared: str) -> Type:
    """The type of a parameter."""
    words = re.sub(r"\bjava\s*\.\s*util\s*\.\s*|\s+", "", declared)
    if words.endswith("[]"):
        return Type(Kind.LIST, f"new {words}{{", "}", (typed(words.removesuffix("[]")),))
    name, parts = generic(words)
    if name in LISTS and len(parts) == 1 and not parts[0].endswith("]"):
        before = f"new java.util.{LISTS[name]}<{_qualified(parts[0])}>(java.util.Arrays.asList("
        return Type(Kind.LIST, before, "))", (typed(parts[0]),))
    if name in MAPPINGS and len(parts) == 2:
        key, value = map(typed, parts)
        if key.kind in (Kind.TEXT, Kind.CHARACTER):
            before = f"new java.util.{MAPPINGS[name]}<{', '.join(map(_qualified, parts))}>() {{{{ "
            return Type(Kind.MAPPING, before, " }}", (key, value), pair="put({}, {});", between=" ")
    return known(SCALARS, name)


def _qualified(words: str) -> str:
    """A type that is known whatever a program imports."""
    return re.sub(rf"\b(?:{'|'.join([*LISTS, *MAPPINGS])})\b", r"java.util.\g<0>", words)


def signature(node: Node) -> Signature | None:
    """The method that a node defines, of a class that stands in no other one."""
    body, parameters = node.child_by_field_name("body"), node.child_by_field_name("parameters")
    owner = node.parent.parent if node.parent is not None else None
    if node.type != "method_declaration" or body is None or parameters is None or owner is None:
        return None
    modifiers = {text_of(word) for child in node.children if child.type == "modifiers" for word in child.children}
    if owner.type != "class_declaration" or owner.parent is None or owner.parent.type != "program":
        return None
    if "private" in modifiers:
        return None
    name, holder = text_of(node.child_by_field_name("name")), text_of(owner.child_by_field_name("name"))
    callee = f"{holder}.{name}" if "static" in modifiers else f"new {holder}().{name}"
    children = [child for child in parameters.named_children if "comment" not in child.type]
    return Signature(name, callee, tuple(map(_parameter, children)), body.start_byte, body.end_byte)


def _parameter(node: Node) -> tuple[str, str]:
    kind = node.child_by_field_name("type")
    if kind is None:
        return "", text_of(node)
    dimensions = text_of(node.child_by_field_name("dimensions"))
    return text_of(node.child_by_field_name("name")), text_of(kind) + dimensions


def strict(program: str) -> list[str]:
    """The program with arithmetic that ends it where a number overflows, and comparisons that mean what they say.

    What it assigns may be of a narrower type than what is computed.
    """
    return [checked("java", program, NAMES, assigned=assigned) for assigned in (True, False)]


def asking(tests: Appended, program: str, answers: str) -> str:
    """A program that answers in `main`."""
    helper = f"class Spanwise {{{JSON}{TELL}{EXACT}}}\n"
    main = f"class Main {{\n    public static void main(String[] arguments) {{\n{answers}\n    }}\n}}\n"
    return f"{tests.prefix}{program}\n{helper}{main}"


def watching(tests: Appended, program: str) -> str:
    """The program and its tests."""
    return f"{tests.prefix}{program}\nclass Spanwise {{{JSON}{TELL}{WATCH}}}\n{tests.code}"


def extended(tests: Appended, added: Sequence[str]) -> Appended:
    """The tests, whose `main` runs the further ones first."""
    calls = " ".join(f"test{at}();" for at in range(len(added)))
    run = (
        f"    static void tests() {{\n        try {{ {calls} }}\n"
        "        catch (RuntimeException | Error error) { throw error; }\n"
        "        catch (Throwable error) { throw new RuntimeException(error); }\n    }\n"
    )
    code, count = _MAIN.subn(r"\g<0>\n        Spanwise.tests();", tests.code, count=1)
    if not count:
        raise NoForm("the tests have no main method")
    return replace(tests, code="\n".join([f"class Spanwise {{{JSON}", *added, f"{run}}}", code]))


WRITING = Typed(
    signature=signature,
    typed=typed,
    strict=strict,
    answer="        Spanwise.tell({at}, () -> {value});",
    same="Spanwise.json({call}).equals({answer})",
    assertion="    static void test{at}() throws Throwable {\n        assert ({same});\n    }",
    body="{ Spanwise.enter(new Object[]{{names}}); try {body} finally { Spanwise.leave(); } }",
    asking=asking,
    watching=watching,
    extended=extended,
)
