"""clang-tidy: the bug finders of clang and its static analyzer, for C and C++.

https://clang.llvm.org/extra/clang-tidy/checks/list.html
"""

from __future__ import annotations

from dataclasses import replace

from analyzers.tools import clang

# Without what is taste, or found in right programs as often as in wrong ones.
CHECKS = (
    "-*", "clang-diagnostic-#warnings", "bugprone-*", "clang-analyzer-*",
    "-bugprone-easily-swappable-parameters", "-bugprone-narrowing-conversions", "-bugprone-reserved-identifier",
    "-bugprone-implicit-widening-of-multiplication-result", "-bugprone-assignment-in-if-condition",
    "-bugprone-exception-escape", "-bugprone-multi-level-implicit-pointer-conversion", "-bugprone-macro-parentheses",
    "-bugprone-random-generator-seed", "-bugprone-branch-clone", "-bugprone-command-processor",
    "-bugprone-unsafe-functions", "-bugprone-std-namespace-modification", "-bugprone-throwing-static-initialization",
    "-bugprone-default-operator-new-on-overaligned-type", "-bugprone-suspicious-include", "-bugprone-signed-bitwise",
    "-bugprone-unchecked-string-to-number-conversion",
    "-clang-analyzer-deadcode.DeadStores", "-clang-analyzer-security.FloatLoopCounter",
    "-clang-analyzer-security.insecureAPI.*", "-clang-analyzer-optin.*",
)  # fmt: skip

ANALYZER = replace(
    clang.ANALYZER,
    name="clang-tidy",
    argv=(
        "clang-tidy", "--quiet", f"--config={{Checks: '{','.join(CHECKS)}'}}", "--export-fixes={output}", "{file}",
        "--", *clang.FLAGS,
    ),
)  # fmt: skip

GOOD = clang.GOOD
BAD = [
    (
        'int f(int a) { int *p = 0; const char *s = "é😀"; if (a) return *p; return *s; }\n',
        "clang-analyzer-core.NullDereference",
        "*",
    ),
    ("int f(void) { int a[2]; /* é😀 */ return a[0]; }\n", "clang-analyzer-core.uninitialized.UndefReturn", "return"),
    (
        '#include <string>\nint f(std::string é) { const char *s = "é😀"; if (é.find(s) > 0); return 1; }\n',
        "bugprone-suspicious-semicolon",
        ";",
        "cpp",
    ),
]
