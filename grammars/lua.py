"""Lua."""

from grammars.language import Language, Toolchain

LANGUAGE = Language(
    name="lua",
    suffixes=(".lua",),
    fences=("lua5.4",),
    parser="tree_sitter_lua:language",
    line_comment="--",
    block_comment=("--[[", "]]"),
    comment_nodes=("comment", "hash_bang_line"),
    blocks=(("do", "end"), ("function", "end"), ("repeat", "until"), ("^if", "end")),
    stops=("\nlocal", "\nfunction", "\n--", "\nprint"),
    toolchain=Toolchain(
        run=("lua5.4", "{file}"),
        support=("lua_report.lua",),
        environment={"LUA_INIT": "@{built}/lua_report.lua"},
        version=("lua5.4", "-v"),
        packages=("debian:lua5.4", "debian:lua-unit"),
        record='io.stdout:write("\\n{nonce}\\n"); io.stdout:flush()',
        completion=(
            (r"\bos\.exit\((\w+)\.LuaUnit\.run\(\)\)", "spanwise_unit(\\1)\n{record}"),
            (r"\Z", "\n{record}\n"),
        ),
        assertion=((r"(?m)^[ \t]*lu\.assert\w*\(.*\)$", r"\g<0>; {record}"),),
    ),
)
