"""clippy: the linter of Rust, with its rules for what is wrong and what is suspicious.

https://rust-lang.github.io/rust-clippy/
"""

from __future__ import annotations

from dataclasses import replace

from analyzers.tools import rustc

ANALYZER = replace(
    rustc.ANALYZER,
    name="clippy",
    argv=(
        "clippy-driver", *rustc.FLAGS, "-Aclippy::all", "-Wclippy::correctness", "-Wclippy::suspicious",
        "{file}",
    ),
    package="debian:rust-clippy",
    environment={**rustc.ENVIRONMENT, "CLIPPY_CONF_DIR": "{settings}"},
    settings={"clippy.toml": ""},
)  # fmt: skip

GOOD = rustc.GOOD
BAD = [
    ('fn f() -> usize { let s = "é😀"; missing + s.len() }\n', "E0425", "missing"),
    (
        'pub fn f(v: &[i32]) -> bool { let s = "é😀"; s.len() < 0 && v.is_empty() }\n',
        "clippy::absurd_extreme_comparisons",
        "s.len() < 0",
    ),
    ('#[allow(clippy::all)]\npub fn f(x: i32) -> bool { let _s = "é😀"; x == x }\n', "clippy::eq_op", "x == x"),
    (
        "pub fn f(v: &[i32]) -> i32 { /* é😀 */ for x in v { return *x; } 0 }\n",
        "clippy::never_loop",
        "for x in v { return *x; }",
    ),
]
