ADD = "read -r a b\necho $((a + b))\n"
BROKEN = ("f() {\n  echo é\n  if [ 1 -eq 1 ; then\n}\n", "SyntaxError", "}")
CRASH = ("set -e\nread -r a b\n# é😀\nfrobnicate $a\necho 3\n", "CommandNotFound", "frobnicate $a")
HANG = "while :; do :; done\n"
FUNCTION = "f() {\n  echo $(($1 + 1))\n"
WRONG = "f() {\n  echo 2\n"
RAISES = ("f() {\n  frobnicate $1\n", "CommandNotFound", "frobnicate $1")
LEAVES = "exit 0\nf() {\n  echo 2\n"
NOISY = """head -c 250000 /dev/zero | tr '\\0' x
f() {
  echo "ERROR SyntaxError AssertionError FAIL" >&2
  echo $(($1 + 1))
"""
TESTS = """}

candidate() {
    f "$@"
}

set -e
run_test() {
    [[ $(candidate 1) = "2" ]]
    [[ $(candidate 2) = "3" ]]
}

run_test
"""
