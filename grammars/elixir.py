"""Elixir."""

from grammars.language import Language, Toolchain

AFTER = """
ExUnit.after_suite(fn
  %{failures: 0, total: total} when total > 0 -> {record}
  _ -> :ok
end)
"""

LANGUAGE = Language(
    name="elixir",
    aliases=("ex", "exs"),
    suffixes=(".exs", ".ex"),
    parser="tree_sitter_elixir:language",
    line_comment="#",
    blocks=(("do", "end"), ("fn", "end")),
    stops=("\ndefmodule", "\ndefp", "\ndef ", "\n#"),
    toolchain=Toolchain(
        run=("elixir", "{built}/elixir_report.exs", "{file}"),
        needs=("erl",),
        support=("elixir_report.exs",),
        packages=("debian:elixir",),
        # One scheduler: a program is to use one processor, and starts with fewer threads.
        environment={"ELIXIR_ERL_OPTIONS": "+S 1:1 +SDcpu 1:1 +SDio 1 +A 1 +fnu", "ERL_CRASH_DUMP_BYTES": "0"},
        record='IO.write("\\n{nonce}\\n")',
        completion=((r"(?s)\bExUnit\.start\b.*\Z", r"\g<0>" + AFTER), (r"\Z", "\n{record}\n")),
        assertion=((r"(?m)^[ \t]*assert .*$", r"\g<0>; {record}"),),
        start_s=1.0,
        memory_bytes=512 * 1024**2,
        reserves_memory=True,
        processes=32,
        open_files=64,
    ),
)
