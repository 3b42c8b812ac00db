"""Go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tree_sitter import Node

from analyzers.runtime.tests import Appended
from trainer.tasks.augment.declarations import (
    DOUBLE,
    SINGLE,
    TEXT,
    TRUTH,
    Kind,
    Signature,
    Type,
    Typed,
    known,
    text_of,
    whole,
)
from trainer.tasks.augment.form import NoForm
from trainer.tasks.augment.languages import MARK
from trainer.tasks.augment.overflow import checked

# Under names of their own, so that it makes no difference what a program imports.
IMPORTS = {"spanwise_encoding": "encoding/json", "spanwise_reflect": "reflect"}
IMPORTED = "".join(f'import {name} "{path}"\n' for name, path in IMPORTS.items())
JSON = r"""
func spanwise_text(value string) string {
	told := []byte{'"'}
	for at := 0; at < len(value); at++ {
		switch each := value[at]; each {
		case '"', '\\':
			told = append(told, '\\', each)
		case '\n':
			told = append(told, '\\', 'n')
		case '\t':
			told = append(told, '\\', 't')
		case '\r':
			told = append(told, '\\', 'r')
		case '\b':
			told = append(told, '\\', 'b')
		case '\f':
			told = append(told, '\\', 'f')
		default:
			if each < 32 {
				told = append(told, `\u00`...)
				told = append(told, "0123456789abcdef"[each/16], "0123456789abcdef"[each%16])
			} else {
				told = append(told, each)
			}
		}
	}
	return string(append(told, '"'))
}
func spanwise_number(value interface{}) string {
	told, err := spanwise_encoding.Marshal(value)
	if err != nil {
		panic("no plain value")
	}
	return string(told)
}
func spanwise_value(value spanwise_reflect.Value) string {
	told := ""
	switch value.Kind() {
	case spanwise_reflect.Invalid:
		return "null"
	case spanwise_reflect.Interface:
		return spanwise_value(value.Elem())
	case spanwise_reflect.Bool:
		if value.Bool() {
			return "true"
		}
		return "false"
	case spanwise_reflect.String:
		return spanwise_text(value.String())
	case spanwise_reflect.Float32, spanwise_reflect.Float64:
		told = spanwise_number(value.Interface())
		for _, each := range told {
			if each == '.' || each == 'e' {
				return told
			}
		}
		return told + ".0"
	case spanwise_reflect.Slice, spanwise_reflect.Array:
		for at := 0; at < value.Len(); at++ {
			if at > 0 {
				told += ","
			}
			told += spanwise_value(value.Index(at))
		}
		return "[" + told + "]"
	case spanwise_reflect.Map:
		var keys []string
		pairs := map[string]string{}
		for _, key := range value.MapKeys() {
			name := spanwise_value(key)
			if name[0] != '"' {
				name = spanwise_text(name)
			}
			pairs[name] = spanwise_value(value.MapIndex(key))
			keys = append(keys, name)
			for at := len(keys) - 1; at > 0 && keys[at] < keys[at-1]; at-- {
				keys[at], keys[at-1] = keys[at-1], keys[at]
			}
		}
		for at, name := range keys {
			if at > 0 {
				told += ","
			}
			told += name + ":" + pairs[name]
		}
		return "{" + told + "}"
	}
	if value.CanInt() || value.CanUint() {
		return spanwise_number(value.Interface())
	}
	panic("no plain value")
}
func spanwise_json(value interface{}) string { return spanwise_value(spanwise_reflect.ValueOf(value)) }
"""
TELL = f"""
func spanwise_tell(at int, value func() interface{{}}) {{
	defer func() {{ recover() }}()
	spanwise_fmt.Printf("\\n{MARK} %d %s\\n", at, spanwise_json(value()))
}}
"""
WATCH = """
var spanwise_depth, spanwise_count int
func spanwise_enter(given ...interface{}) {
	spanwise_depth++
	if spanwise_depth == 1 && spanwise_count < 50 {
		spanwise_tell(spanwise_count, func() interface{} { return given })
		spanwise_count++
	}
}
func spanwise_leave() { spanwise_depth-- }
"""
SIGNED = "~int | ~int8 | ~int16 | ~int32 | ~int64"
NUMBERS = f"{SIGNED} | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr | ~float32 | ~float64"
# Whole numbers without a sign are meant to begin anew.
EXACT = f"""
type spanwise_numbers interface {{ {NUMBERS} }}
func spanwise_wraps[T spanwise_numbers](exact bool, result T) T {{
	var zero, one T = 0, 1
	if !exact && zero-one < zero && one/2 == zero {{
		panic("a number overflows")
	}}
	return result
}}
func spanwise_plus[T spanwise_numbers | ~string](one, two T) T {{
	var zero T
	result := one + two
	signed := spanwise_reflect.TypeOf(zero).Kind() <= spanwise_reflect.Int64
	if signed && two != zero && (two > zero) != (result > one) {{
		panic("a number overflows")
	}}
	return result
}}
func spanwise_minus[T spanwise_numbers](one, two T) T {{
	result := one - two
	return spanwise_wraps(two == 0 || (two > 0) == (result < one), result)
}}
func spanwise_times[T spanwise_numbers](one, two T) T {{
	result := one * two
	return spanwise_wraps(one == 0 || two == 0 || result/one == two && result/two == one, result)
}}
"""
SCALARS = {
    "bool": TRUTH, "string": TEXT, "float32": SINGLE, "float64": DOUBLE, "byte": whole(8, signed=False),
    "int": whole(64), "rune": whole(32), "uint": whole(64, signed=False),
    **{f"int{bits}": whole(bits) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": whole(bits, signed=False) for bits in (8, 16, 32, 64)},
}  # fmt: skip
_PACKAGE = re.compile(r"(?m)^[ \t]*package[ \t]+\w+[^\n]*\n")


def typed(declared: str) -> Type:
    """The type of a parameter."""
    words = re.sub(r"\s+", "", declared)
    if found := re.fullmatch(r"\[(\d*)\](.+)", words):
        length = int(found[1]) if found[1] else None
        return Type(Kind.LIST, f"{words}{{", "}", (typed(found[2]),), length=length)
    if found := re.fullmatch(r"map\[string\](.+)", words):
        return Type(Kind.MAPPING, f"{words}{{", "}", (TEXT, typed(found[1])), pair="{}: {}")
    return known(SCALARS, words)


def signature(node: Node) -> Signature | None:
    """The function that a node defines."""
    body, parameters = node.child_by_field_name("body"), node.child_by_field_name("parameters")
    if node.type != "function_declaration" or body is None or parameters is None:
        return None
    name = text_of(node.child_by_field_name("name"))
    found = tuple(pair for child in parameters.named_children if child.type != "comment" for pair in _parameters(child))
    return Signature(name, name, found, body.start_byte, body.end_byte)


def _parameters(node: Node) -> list[tuple[str, str]]:
    """Names and their type; no type that is known where they have no names, or are as many as ever."""
    kind, names = text_of(node.child_by_field_name("type")), node.children_by_field_name("name")
    if node.type != "parameter_declaration" or not names or "_" in map(text_of, names):
        return [("", f"({text_of(node)})")]
    return [(text_of(name), kind) for name in names]


def strict(program: str) -> list[str]:
    """The program with arithmetic that ends it where a number overflows."""
    return [checked("go", program, {"+": "spanwise_plus", "-": "spanwise_minus", "*": "spanwise_times"})]


def _imported(text: str, imports: str) -> str:
    """A program with further imports."""
    return _PACKAGE.sub(lambda found: found[0] + imports, text, count=1)


def asking(tests: Appended, program: str, answers: str) -> str:
    """A program that answers before it begins; with its tests, which use what they import."""
    imports = IMPORTED + 'import spanwise_fmt "fmt"\nimport spanwise_os "os"\n'
    answered = f"func init() {{\n{answers}\n\tspanwise_os.Exit(0)\n}}\n"
    return _imported(f"{tests.prefix}{program}\n{JSON}{TELL}{EXACT}{answered}{tests.code}", imports)


def watching(tests: Appended, program: str) -> str:
    """The program and its tests."""
    imports = IMPORTED + 'import spanwise_fmt "fmt"\n'
    return _imported(f"{tests.prefix}{program}\n{JSON}{TELL}{WATCH}{tests.code}", imports)


def extended(tests: Appended, added: Sequence[str]) -> Appended:
    """The tests, and before them what is run before a program begins."""
    code = "\n".join([JSON + "func init() {", *added, "}", tests.code])
    if _PACKAGE.search(tests.prefix):
        return replace(tests, prefix=_imported(tests.prefix, IMPORTED), code=code)
    for name, path in IMPORTS.items():
        package = path.rpartition("/")[2]
        if f"{package}." not in tests.code:
            raise NoForm(f"the tests do not import {path}")
        code = code.replace(f"{name}.", f"{package}.")
    return replace(tests, code=code)


WRITING = Typed(
    signature=signature,
    typed=typed,
    strict=strict,
    answer="\tspanwise_tell({at}, func() interface{} { return {value} })",
    same="spanwise_json({call}) == {answer}",
    # The words by which a wrong answer is told from a program that came to a bad end.
    assertion='\tif !({same}) {\n\t\tpanic("Exception --- test case {at} failed to pass")\n\t}',
    body="{ spanwise_enter({names}); defer spanwise_leave(); {body} }",
    asking=asking,
    watching=watching,
    extended=extended,
)
