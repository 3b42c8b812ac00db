"""Clojure."""

from grammars.java import MEMORY_BYTES, PROCESSES, READABLE, RUN
from grammars.language import Language, Toolchain

LIBRARY = "/usr/share/java/clojure-1.11.jar"

LANGUAGE = Language(
    name="clojure",
    aliases=("clj",),
    suffixes=(".clj", ".cljc"),
    fences=("cljs", "edn"),
    parser="tree_sitter_language_pack.bindings.clojure:language",
    line_comment=";",
    comment_nodes=("comment", "dis_expr"),
    nests_by_column=True,
    long_quotes='"',
    comment_marks=("#_", "#!"),
    stops=("\n(def", "\n;", "\n("),
    toolchain=Toolchain(
        run=(
            *(*RUN, "-Dclojure.main.report=stderr", "-cp", LIBRARY),
            *("clojure.main", "{file}"),
        ),
        packages=("debian:default-jre-headless", "debian:libclojure-java"),
        needs=(LIBRARY,),
        readable=READABLE,
        record='(clojure.core/println "\\n{nonce}")',
        completion=(
            (
                r"\(run-tests?\b[^()]*\)\s*\Z",
                "(if (binding [clojure.test/*test-out* *err*] (clojure.test/successful? \\g<0>))\n"
                "  {record} (System/exit 1))\n",
            ),
            (r"\Z", "\n{record}\n"),
        ),
        assertion=((r"(?m)^[ \t]*\(is \(.*\)\)[ \t]*$", r"(when \g<0> {record})"),),
        start_s=4.0,
        memory_bytes=MEMORY_BYTES,
        reserves_memory=True,
        processes=PROCESSES,
    ),
)
