ADD = """
package main

import "fmt"

func main() {
	var a, b int
	fmt.Scan(&a, &b)
	fmt.Println(a + b)
}
"""
BROKEN = ('package main\n\nfunc main() {\n\té := "😀"; missing(é)\n}\n', "name-error", "missing")
CRASH = (
    'package main\n\nimport "os"\n\nfunc main() {\n\té := "😀"; os.Args[7] = é\n}\n',
    "panic",
    'é := "😀"; os.Args[7] = é',
)
HANG = "package main\n\nfunc main() { for { } }\n"
PREFIX = 'package main\n\nimport (\n    "testing"\n    "github.com/stretchr/testify/assert"\n)\n'
FUNCTION = "func f(x int) int {\n\treturn x + 1\n}\n"
WRONG = FUNCTION.replace("x + 1", "2")
RAISES = (FUNCTION.replace("x + 1", "x / (x - x)"), "panic", "return x / (x - x)")
LEAVES = 'import "os"\n' + FUNCTION.replace("return x + 1", "os.Exit(0); return 2")
NOISY = 'import ("fmt"; "os")\n' + FUNCTION.replace(
    "return x + 1",
    'fmt.Fprintln(os.Stderr, "ERROR SyntaxError AssertionError FAIL");'
    ' for i := 0; i < 25000; i++ { fmt.Println("123456789") }; return x + 1',
)
TESTS = """
func TestF(t *testing.T) {
    assert := assert.New(t)
    assert.Equal(2, f(1))
    assert.Equal(3, f(2))
}
"""
SAYS = "PASS"
