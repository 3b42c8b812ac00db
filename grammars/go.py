"""Go."""

from dataclasses import replace

from grammars.language import Language, Toolchain

# What the standard library and the packages of tests compile to is prepared once; a cache that cannot be written to is
# as good. Packages come from Debian's folder: nothing is fetched.
ENVIRONMENT = {"GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOFLAGS": "-gcflags=-e"}
BUILD = 'GOCACHE="${1:-$PWD/cache}"; export GOCACHE; exec go build -o main "$0"'
TEST = 'GOCACHE="${1:-$PWD/cache}"; export GOCACHE; exec go test -c -o main "$0"'
PREPARE = r"""
cd {cache} && export GOCACHE={cache}/go GOPATH=/usr/share/gocode GO111MODULE=off GOFLAGS=-gcflags=-e
tests='package main\nimport ("testing"%s)\nfunc TestIt(t *testing.T) {%s}\n'
printf "$tests" '; "github.com/stretchr/testify/assert"' ' assert.True(t, true) ' > with_test.go
printf "$tests" '' '' > bare_test.go
printf 'package main\nimport (
"bufio"; "encoding/json"; "fmt"; "math"; "math/big"; "os"; "reflect"; "regexp"; "sort"; "strconv"; "strings"; "time")
var _ = []interface{}{bufio.NewReader, json.Marshal, fmt.Println, math.Abs, big.NewInt, os.Exit, reflect.DeepEqual,
regexp.MustCompile, sort.Ints, strconv.Itoa, strings.Split, time.Now}
func main() {}
' > main.go
go test -c -o /dev/null with_test.go
go test -c -o /dev/null bare_test.go && go build -o /dev/null main.go
"""

BUILT = Toolchain(
    compile=("sh", "-c", BUILD, "{file}"),
    run=("{built}/main",),
    packages=("debian:golang-go", "debian:golang-github-stretchr-testify-dev"),
    needs=("go",),
    environment=ENVIRONMENT,
    prepare=("sh", "-c", PREPARE),
    with_prepared=("{cache}/go",),
    version=("go", "version"),
    # `println` of the language itself needs no import; it writes on standard error.
    record='println("\\n{nonce}")',
    completion=((r"\}\s*\Z", "{record}\n\\g<0>"),),
    assertion=((r"(?m)^[ \t]*deepCompare\(.*\)[ \t]*$", r"\g<0>; {record}"),),
    memory_bytes=256 * 1024 * 1024,
    reserves_memory=True,
    processes=32,
)

TESTED = replace(
    BUILT,
    file="main_test.go",
    compile=("sh", "-c", TEST, "{file}"),
    assertion=((r"(?m)^[ \t]*(assert\.\w+\(.*\))[ \t]*$", r"if \1 { {record} }"),),
)
TESTIFY = "github.com/stretchr/testify"

LANGUAGE = Language(
    name="go",
    aliases=("golang",),
    suffixes=(".go",),
    parser="tree_sitter_go:language",
    line_comment="//",
    block_comment=("/*", "*/"),
    # The last element of a list whose closer stands in a line of its own is followed by a comma.
    refused=tuple(
        (f'({kind} (_) @before . "{closer}" @refused)', r"\A[^,/]*\n[^,/]*\Z")
        for kind, closer in (("literal_value", "}"), ("argument_list", ")"), ("parameter_list", ")"))
    ),
    stops=("\nfunc", "\ntype ", "\n// ", "\n}"),
    toolchain=replace(
        BUILT,
        alternatives=(
            (rf'"{TESTIFY}/\w+"', replace(TESTED, needs=("go", f"/usr/share/gocode/src/{TESTIFY}"))),
            (r"\*testing\.T\b", TESTED),
        ),
    ),
)
