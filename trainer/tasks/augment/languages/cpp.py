"""C++."""

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
from trainer.tasks.augment.languages import MARK

# Before any header. What an operation that overflows, or a place behind the end of a list, would give is chance.
STRICT = '#define _GLIBCXX_ASSERTIONS\n#pragma GCC optimize("trapv")\n'
HEADERS = "".join(
    f"#include <{name}>\n"
    for name in """
    algorithm array cassert cmath csetjmp csignal cstdio cstdlib deque list map set stdexcept string type_traits
    unordered_map unordered_set utility vector
    """.split()
)
JSON = r"""
struct spanwise {
    static std::string json(bool value) { return value ? "true" : "false"; }
    static std::string json(char value) { return json(std::string(1, value)); }
    static std::string json(const char* value) { return json(std::string(value)); }
    template <class T> static std::string json(T* value) = delete;
    static std::string json(const std::string& value) {
        std::string told = "\"";
        for (char each : value) {
            std::size_t known = std::string("\"\\\n\t\r\b\f").find(each);
            char escaped[8];
            if (known != std::string::npos) (told += '\\') += "\"\\ntrbf"[known];
            else if ((unsigned char)each < 32) { std::snprintf(escaped, 8, "\\u%04x", each); told += escaped; }
            else told += each;
        }
        return told + "\"";
    }
    template <class T> static std::enable_if_t<std::is_arithmetic<T>::value, std::string> json(T value) {
        if constexpr (std::is_integral<T>::value) return std::to_string(value);
        else {
            if (!std::isfinite(value)) throw std::invalid_argument("no plain value");
            char told[64];
            for (int digits = 1; digits <= 17; ++digits) {
                std::snprintf(told, 64, "%.*g", digits, (double)value);
                if ((T)std::strtod(told, nullptr) == value) break;
            }
            std::string text = told;
            return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
        }
    }
    template <class T> static std::string json(const std::vector<T>& each) { return listed<T>(each); }
    template <class T> static std::string json(const std::list<T>& each) { return listed<T>(each); }
    template <class T> static std::string json(const std::deque<T>& each) { return listed<T>(each); }
    template <class T> static std::string json(const std::set<T>& each) { return listed<T>(each); }
    template <class T> static std::string json(const std::unordered_set<T>& each) {
        return json(std::set<T>(each.begin(), each.end()));
    }
    template <class T, std::size_t N> static std::string json(const std::array<T, N>& each) { return listed<T>(each); }
    template <class K, class V> static std::string json(const std::map<K, V>& each) { return mapped(each); }
    template <class K, class V> static std::string json(const std::unordered_map<K, V>& each) { return mapped(each); }
    template <class K, class V> static std::string json(const std::pair<K, V>& value) {
        return "[" + json(value.first) + "," + json(value.second) + "]";
    }
    template <class T, class C> static std::string listed(const C& value) {
        std::string told;
        for (const T& each : value) (told += told.empty() ? "" : ",") += json(each);
        return "[" + told + "]";
    }
    template <class C> static std::string mapped(const C& value) {
        std::map<std::string, std::string> sorted;
        for (const auto& pair : value) {
            std::string key = json(pair.first);
            if (key[0] != '"') key = "\"" + key + "\"";
            sorted[key] = key + ":" + json(pair.second);
        }
        std::string told;
        for (const auto& pair : sorted) (told += told.empty() ? "" : ",") += pair.second;
        return "{" + told + "}";
    }
};
"""
TELL = f"""
static void spanwise_told(int at, const std::string& text) {{
    std::printf("\\n{MARK} %d %s\\n", at, text.c_str());
    std::fflush(stdout);
}}
"""
# What ends an answer need not end the program: it would have to be compiled again to go on.
ANSWERS = r"""
static sigjmp_buf spanwise_before;
static void spanwise_ended(int number) { siglongjmp(spanwise_before, number); }
template <class F> static void spanwise_tell(int at, F value) {
    for (int number : {SIGABRT, SIGFPE}) std::signal(number, spanwise_ended);
    if (sigsetjmp(spanwise_before, 1)) return;
    try { spanwise_told(at, spanwise::json(value())); } catch (...) {}
}
"""
WATCH = r"""
struct spanwise_watch {
    static int& depth() { static int calls = 0; return calls; }
    template <class... T> explicit spanwise_watch(const T&... given) {
        static int count = 0;
        if (depth()++ || count == 50) return;
        std::string text;
        try { (((text += text.empty() ? "" : ",") += spanwise::json(given)), ...); } catch (...) { return; }
        spanwise_told(count++, "[" + text + "]");
    }
    ~spanwise_watch() { --depth(); }
};
"""
SCALARS = {
    "bool": TRUTH, "char": CHARACTER, "string": TEXT, "float": SINGLE, "double": DOUBLE, "long double": DOUBLE,
    **{name: whole(16) for name in ("short", "short int")},
    **{name: whole(32) for name in ("int", "signed", "int32_t")},
    **{name: whole(64) for name in ("long", "long int", "long long", "long long int", "int64_t", "ssize_t")},
    **{name: whole(32, signed=False) for name in ("unsigned", "unsigned int", "uint32_t")},
    # A literal of which no signed type holds the value brings a warning along.
    **{name: replace(whole(63, signed=False), low=0)
       for name in ("unsigned long", "unsigned long long", "uint64_t", "size_t")},
}  # fmt: skip
LISTS = ("vector", "list", "deque", "set", "unordered_set")
MAPPINGS = ("map", "unordered_map")


def typed(declared: str) -> Type:
    """The type of a parameter, which may be a reference to what cannot be changed."""
    constant = re.search(r"\bconst\b", declared) is not None
    words = re.sub(r"\bconst\b", " ", declared).strip()
    if words.endswith("&") and not words.endswith("&&"):
        if not constant:
            raise ValueError(f"an argument is changed: {declared}")
        words = words.removesuffix("&").strip()
    found = _typed(re.sub(r"\bstd\s*::", " ", words))
    literal = f"{words}({{}})" if found.kind is Kind.TEXT else words + "{}"
    return replace(found, outer=literal) if found.kind in (Kind.TEXT, Kind.LIST, Kind.MAPPING) else found


def _typed(words: str) -> Type:
    name, parts = generic(words)
    if name in LISTS and len(parts) == 1:
        return Type(Kind.LIST, "{", "}", (_typed(parts[0]),))
    if name in MAPPINGS and len(parts) == 2:
        key, value = map(_typed, parts)
        if key.kind in (Kind.TEXT, Kind.CHARACTER):
            return Type(Kind.MAPPING, "{", "}", (key, value), pair="{{{}, {}}}")
    return known(SCALARS, " ".join(words.split()))


def signature(node: Node) -> Signature | None:
    """The function that a node defines, outside of any class."""
    body = node.child_by_field_name("body")
    if node.type != "function_definition" or body is None or node.parent is None:
        return None
    head = node.child_by_field_name("declarator")
    while head is not None and head.type in ("reference_declarator", "pointer_declarator"):
        head = next((child for child in head.named_children if "declarator" in child.type), None)
    if head is None or head.type != "function_declarator" or node.parent.type != "translation_unit":
        return None
    parameters = head.child_by_field_name("parameters")
    children = [] if parameters is None else [each for each in parameters.named_children if each.type != "comment"]
    name = text_of(head.child_by_field_name("declarator"))
    return Signature(name, name, tuple(map(_parameter, children)), body.start_byte, body.end_byte)


def _parameter(node: Node) -> tuple[str, str]:
    """Name and type; no type that is known where it has a default, say."""
    inner = node.child_by_field_name("declarator")
    while inner is not None and inner.type == "reference_declarator":
        inner = next(iter(inner.named_children), None)
    name = "" if inner is None or inner.type != "identifier" else text_of(inner)
    return name, re.sub(rf"\b{re.escape(name)}\s*\Z", "", text_of(node)).strip() if name else text_of(node)


def strict(program: str) -> list[str]:
    """The program with numbers that do not overflow and lists that end."""
    return [STRICT + program]


def asking(tests: Appended, program: str, answers: str) -> str:
    """A program that answers in `main`."""
    before = f"{tests.prefix}{program}\n{HEADERS}"
    return f"{before}{JSON}{TELL}{ANSWERS}int main() {{\n{answers}\n}}\n"


def watching(tests: Appended, program: str) -> str:
    """The program and its tests."""
    return f"{HEADERS}{JSON}{TELL}{WATCH}{tests.prefix}{program}\n{tests.code}"


def extended(tests: Appended, added: Sequence[str]) -> Appended:
    """The tests, which have a `main`; what gives a variable its first value comes before that."""
    checks = "\n".join(["static const int spanwise_checks = [] {", *added, "    return 0;", "}();"])
    return replace(tests, code=f"#undef NDEBUG\n{HEADERS}{JSON}{checks}\n{tests.code}")


WRITING = Typed(
    signature=signature,
    typed=typed,
    strict=strict,
    answer="    spanwise_tell({at}, [] { return {value}; });",
    same="spanwise::json({call}) == {answer}",
    assertion="    assert({same});",
    body="{ spanwise_watch spanwise_call({names}); {body} }",
    asking=asking,
    watching=watching,
    extended=extended,
)
