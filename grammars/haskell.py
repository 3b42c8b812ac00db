"""Haskell."""

from grammars.language import Language, Toolchain

LANGUAGE = Language(
    name="haskell",
    aliases=("hs",),
    suffixes=(".hs",),
    parser="tree_sitter_haskell:language",
    line_comment="--",
    block_comment=("{-", "-}"),
    comment_nodes=("comment", "haddock"),
    stops=("\n\n", "\n{-", "\n-- |", "\ntype", "\ndata", "\nnewtype"),
    toolchain=Toolchain(
        compile=("ghc", "-v0", "-O0", "-ddump-json", "-outputdir", "{work}", "-o", "{work}/main", "{file}"),
        run=("{built}/main",),
        packages=("debian:ghc",),
        readable=("/var/lib/ghc",),
        record='putStrLn "\\n{nonce}"',
        completion=((r"\n  pure \(\)\s*\Z", "\n  {record}\n  pure ()\n"), (r"\s*\Z", "\n  {record}\n")),
        assertion=((r"(?m)^  if .* then pure \(\) else error .*$", "\\g<0>\n  {record}"),),
        reserves_memory=True,  # GHC reserves a terabyte
        memory_bytes=64 * 1024 * 1024,
    ),
)
