"""C#."""

from dataclasses import replace

from grammars.language import Language, Toolchain

MCS = ("mcs", "-debug", "-nologo", "-warn:0", "-r:System.Numerics.dll", "-out:{work}/main.exe", "{file}")

PROGRAM = Toolchain(
    compile=MCS,
    run=("mono", "--debug", "-O=-inline", "{built}/main.exe"),  # what is inlined is missing from traces
    packages=(
        "debian:mono-mcs",
        "debian:mono-runtime",
        "debian:libmono-system-core4.0-cil",
        "debian:libmono-system-numerics4.0-cil",
    ),
    needs=("mono",),
    readable=("/etc/mono",),
    messages="mono",
    record='System.Console.Out.WriteLine("\\n{nonce}"); System.Console.Out.Flush();',
    completion=(
        (r";(\s*\}\s*\}\s*)\Z", ";\n{record}\\1"),
        (r"(\}\s*)(\}\s*\}\s*\}\s*)\Z", "\\1\n{record} \\2"),
    ),
    assertion=(
        # An assertion of the framework that fails prints, and goes on.
        (
            r"(?m)^[ \t]*Debug\.Assert\((.*)\);[ \t]*$",
            r'if (!(\1)) throw new System.Exception("assertion of the tests failed"); {record}',
        ),
        (r"if \(!result\d+\.AreEqual\) \{.*\}[ \t]*$", r"\g<0> {record}"),
    ),
    start_s=0.5,
    memory_bytes=256 * 1024 * 1024,
    reserves_memory=True,
    processes=16,
)

LANGUAGE = Language(
    name="csharp",
    aliases=("c#", "cs"),
    suffixes=(".cs",),
    parser="tree_sitter_c_sharp:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    comment_nodes=("comment", "shebang_directive"),
    stops=("\n    }\n", "\n        }\n"),
    toolchain=replace(
        PROGRAM,
        alternatives=(
            (
                r"\bKellermanSoftware\.CompareNetObjects\b",
                replace(PROGRAM, compile=(*MCS, "{built}/CompareNetObjects.cs"), support=("CompareNetObjects.cs",)),
            ),
        ),
    ),
)
