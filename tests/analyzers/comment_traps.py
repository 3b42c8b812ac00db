"""Programs in which every comment says `drop`, and everything that only looks like one says `keep`."""

TRAPS = {
    "ada": [
        'with Ada.Text_IO; -- drop\nprocedure Main is\n   S : String := "--keep ""--keep"" "; -- drop "drop"\n'
        "   C : Character := '-'; -- drop\nbegin\n   null; --drop\nend Main;\n",
    ],
    "bash": [
        "#!/bin/bash -e # drop\n# drop\necho \"# keep $(echo keep) #keep\" '# keep' a#keep ${x#keep} $#  # drop 'drop\n"
        "cat <<END\n# keep $x\nEND\ncat <<'END'\n# keep\nEND\n# drop\n[ $# -gt 0 ] && echo \\# keep # drop\n",
        "if true; then # drop\n  x=(keep # drop\n    keep)\nfi\n",
    ],
    "c": [
        "#include <keep/keep.h> // drop\n/* drop // drop */ char *s = \"/* keep */ // keep\"; // drop \\\n drop\n"
        "char c = '\"'; /* drop\n * drop \" */ char d = '/'; int keep = 4 //**/ drop\n / 2;\n#define A \"//keep\" // drop\n",
    ],
    "clojure": [
        '; drop\n(def s "; keep #_ keep") ;; drop "drop"\n(def c \\;) ; drop\n#_(drop drop) (keep #_drop keep) #! drop\n'
        '#_ #_ drop drop :keep\n#"keep;keep" ; drop\n(comment keep)\n',
    ],
    "cpp": [
        '// drop\nauto s = R"x(// keep /* keep )" keep)x"; /* drop */ int keep = 1\'000; // drop\n'
        'auto t = u8"\\"/*keep"; // drop "drop\nint f() { return \'/\' / 2; /* drop */ } // NOLINT drop\n',
    ],
    "csharp": [
        "#!/usr/bin/env dotnet // drop\n"
        "/// <drop>\nusing System; // drop\nclass A {\n  string s = @\"// keep \"\" /* keep\"; /* drop */ string t = $\"//{keep}/*keep\"; // drop\n"
        "  char c = '\"'; // drop\n#region keep\n  /** drop */ int keep;\n#endregion\n}\n",
    ],
    "d": [
        "#!/usr/bin/env rdmd // drop\n"
        "// drop\n/* drop */ /+ drop /+ drop +/ drop +/ /++ drop +/ /** drop */ /// drop\n"
        'string s = "// keep /+ keep"; string t = `/* keep */ // keep`; string u = r"/+keep"; // drop\nvoid main() {}\n',
    ],
    "dart": [
        "#!/usr/bin/env dart // drop\n"
        "// drop\n/// drop\n/* drop /* drop */ drop */ var s = '// keep ${x /* drop */} /* keep'; // drop\n"
        "var t = r'\\'; var u = '''\n// keep\n/* keep */''' /* drop */; var v = \"//keep\";\n",
    ],
    "elixir": [
        '# drop\ndefmodule A do # drop\n  @moduledoc """\n  # keep\n  """\n  def f(x), do: "#keep #{x} # keep" # drop\n'
        "  def g, do: ~s(# keep) # drop\n  def h, do: 'keep #' <> ?# # drop\n  def i, do: ~r/#keep/\nend\n",
    ],
    "go": [
        "//go:build drop\n\npackage main // drop\n\n/* drop\n// drop */\nvar s = \"// keep /* keep\" // drop\n"
        "var t = `// keep\n/* keep */` // drop \"drop\nvar r = '/' // drop\n//nolint:drop\nfunc main() {}\n",
    ],
    "haskell": [
        "{-# LANGUAGE GADTs #-} -- drop\nmodule Main where\n-- | drop\nmain = putStrLn \"-- keep {- keep -}\" -- drop\n"
        "{- drop {- drop -} drop -}\nx --> y = keep\nc = '\"' -- drop\nf' = keep {- drop -} + keep\n",
    ],
    "java": [
        "/** drop */\nclass Main { // drop\n  String s = \"// keep /* keep \\\" // keep\"; /* drop \" */ char c = '\"'; // drop\n"
        '  String t = """\n    // keep\n    /* keep */ "" keep\n    """; // drop\n}\n',
    ],
    "javascript": [
        "#!/usr/bin/env node\n// drop\nconst s = '// keep' + \"/* keep */\" + `// keep ${x /* drop */} /* keep`; /* drop */\n"
        "const r = /\\/\\/keep[/*]keep/g; // drop 'drop\nconst q = a / keep / 2; // drop\n/* eslint-disable drop */\n",
    ],
    "julia": [
        '"""\n# keep\n"""\nfunction f(x) # drop\n  #= drop #= drop =# drop =# s = "# keep $(x) #= keep" # drop\n'
        "  c = '#' # drop\n  t = raw\"# keep\" # drop\n  y = x' # drop\nend\n",
    ],
    "kotlin": [
        "#!/usr/bin/env kotlin // drop\n"
        "// drop\n/* drop /* drop */ drop */ val s = \"// keep ${x /* drop */} /* keep\" // drop\n"
        'val t = """\n// keep\n/* keep */"""\nval c = \'"\' // drop\n/** drop */ fun main() {}\n',
    ],
    "lua": [
        '#!/usr/bin/lua\n-- drop\nlocal s = "-- keep" .. \'x --[[ keep\' -- drop\nlocal t = [[-- keep\n]] .. [==[ --keep ]] keep]==] -- drop\n'
        "--[[ drop\ndrop ]] local keep = 1 --[==[ drop ]] drop ]==] print(keep)\n",
    ],
    "ocaml": [
        "#!/usr/bin/env ocaml // drop\n"
        '(* drop (* drop *) drop *) let s = "(* keep *)" (* "drop *)" drop *)\nlet t = {|(* keep|} (** drop *)\n'
        "let c = '\"' (* drop *)\nlet f keep' = keep' (* drop *)\n",
    ],
    "perl": [
        "#!/usr/bin/perl -w # drop\nuse strict; # drop\nmy $s = \"# keep\" . '# keep' . q{# keep}; # drop\n"
        "my $n = $#keep; my $r = $x =~ /#keep/; $x =~ s#keep#keep#; # drop\nprint <<END;\n# keep\nEND\n## no critic drop\n"
        "=pod\n\ndrop\n\n=cut\n\nmy $keep = 1;\n",
    ],
    "php": [
        "keep // keep\n<?php // drop\n# drop\n$s = \"// keep # keep\" . '/* keep */'; /* drop */ /** drop */\n#[keep]\nfunction f() {}\n"
        "$t = <<<END\n// keep\nEND;\n$u = <<<'END'\n# keep\nEND; // drop ?>\nkeep // keep\n",
    ],
    "python": [
        "#!/usr/bin/env python3\n# drop\ns = '# keep' + \"# keep\" + f\"# keep {s!r}\" # drop\n\"\"\"keep\n# keep\n\"\"\"\n"
        "def f(): # type: drop\n    '''# keep'''\n    return 1 # noqa: drop\n",
    ],
    "r": [
        "#!/usr/bin/Rscript\n# drop\ns <- \"# keep\" # drop \"drop\nt <- '# keep' # drop\nu <- r\"(# keep)\" # drop\n`keep # keep` <- 1 # nolint drop\n",
    ],
    "racket": [
        "#lang racket ; drop\n; drop\n(define s \"; keep #| keep |#\") ;; drop\n#| drop #| drop |# drop |# (define c #\\;) ; drop\n"
        "#;(drop drop) (define t '|; keep|) ; drop\n(list keep #;drop keep)\n",
    ],
    "ruby": [
        "#!/usr/bin/env ruby -w\n# frozen: drop\ns = \"# keep #{s} #keep\" + '# keep' + %q(# keep) # drop\nr = /#keep/ # drop\nc = ?# # drop\n"
        "t = <<~END\n  # keep\nEND\n=begin\ndrop\n=end\nkeep = 1 # rubocop:disable drop\n__END__\nkeep\n",
    ],
    "rust": [
        "#!/usr/bin/env rust // drop\n"
        "//! drop\n#![allow(keep)] // drop\n/// drop\nfn main() { // drop\n    let s = \"// keep /* keep\"; /* drop /* drop */ drop */\n"
        "    let t = r#\"// keep \" keep\"#; // drop\n    let c = '\"'; // drop\n    let keep: &'static str = b\"//keep\"; /** drop */\n}\n",
    ],
    "scala": [
        "// drop\n/* drop /* drop */ drop */\nobject Main { // drop\n  val s = \"// keep /* keep\" // drop\n  val t = \"\"\"\n// keep\n/* keep */\"\"\" // drop\n"
        "  val u = s\"// keep ${s /* drop */}\" // drop\n  val c = '\"' /** drop */\n}\n",
    ],
    "swift": [
        "#!/usr/bin/env swift // drop\n"
        "// drop\n/* drop /* drop */ drop */ let s = \"// keep \\(x) /* keep\" // drop\nlet t = \"\"\"\n  // keep\n  /* keep */\n  \"\"\" // drop\n"
        "let u = #\"// keep \" keep\"# // swiftlint:disable drop\n/// drop\nfunc f() {}\n",
    ],
    "typescript": [
        "#!/usr/bin/env node // drop\n"
        "// @ts-nocheck drop\nconst s: string = '// keep' + \"/* keep */\" + `// keep ${x /* drop */} /* keep`; /* drop */\n"
        "const r = /\\/\\/keep/; // @ts-ignore drop\nlet keep: number /* drop */ = 1; /** drop */\n",
    ],
}  # fmt: skip
