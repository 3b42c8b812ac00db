"""C++."""

from grammars.c import RECORD
from grammars.language import Language, Toolchain

FLAGS = ("-std=c++17",)
# The first one holds all the others.
HEADERS = (
    "bits/stdc++.h",
    *(
        """
        algorithm any array atomic bitset cassert ccomplex cctype cerrno cfenv cfloat charconv chrono cinttypes ciso646
        climits clocale cmath codecvt complex condition_variable csetjmp csignal cstdalign cstdarg cstdbool cstddef
        cstdint cstdio cstdlib cstring ctgmath ctime cuchar cwchar cwctype deque exception execution filesystem
        forward_list fstream functional future initializer_list iomanip ios iosfwd iostream istream iterator limits list
        locale map memory memory_resource mutex new numeric optional ostream queue random ratio regex scoped_allocator
        set shared_mutex sstream stack stdexcept streambuf string string_view system_error thread tuple type_traits
        typeindex typeinfo unordered_map unordered_set utility valarray variant vector
        assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h math.h setjmp.h signal.h
        stdalign.h stdarg.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h tgmath.h time.h uchar.h wchar.h
        wctype.h
        """
    ).split(),
)

LANGUAGE = Language(
    name="cpp",
    aliases=("c++", "cxx"),
    suffixes=(".cpp", ".cc", ".cxx", ".hpp"),
    fences=("cc", "c++17", "c++20"),
    parser="tree_sitter_cpp:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    gaps=((r"\btypeid(?=\s*\()", "sizeof"),),  # a type may be its argument
    comment_holders=("preproc_arg",),
    stops=("\n}", "\nint main"),
    toolchain=Toolchain(
        compile=("g++", *FLAGS, "-pipe", "-fdiagnostics-format=json", "-o", "{work}/main", "{file}"),
        # Only the text says which line of the program made a template of the library fail.
        compile_again=("g++", *FLAGS, "-fsyntax-only", "-fno-diagnostics-show-caret", "-fmax-errors=5", "{file}"),
        run=("{built}/main",),
        packages=("debian:g++",),
        messages="gcc",
        record=RECORD,
        completion=((r"(?:return\s+0\s*;\s*)?\}(?:\s|//.*)*\Z", r"{record} \g<0>"),),
        assertion=(
            (r"(?m)^[ \t]*assert\s*\(.*\);[ \t]*$", r"\g<0> {record}"),
            (r"throw runtime_error\(\"Exception -- test case \d+ did not pass\.\"\);\s*\}", r"\g<0> {record}"),
        ),
        headers=HEADERS,
        prepare=("g++", *FLAGS, "-x", "c++-header", "-o", "{cache}/prelude.h.gch", "{cache}/prelude.h"),
        with_prepared=("-include", "{cache}/prelude.h"),
    ),
)
