ADD = """
#include <bits/stdc++.h>
using namespace std;
int main() { int a, b; cin >> a >> b; cout << a + b << endl; }
"""
BROKEN = (
    "#include <bits/stdc++.h>\nint main() { std::vector<std::string> v; /* é😀 */ v.push_back(1); }\n",
    "type-error",
    "v.push_back(1)",
)
CRASH = ("#include <vector>\nint main() { std::vector<int> v; return v.at(3); }\n", "std::out_of_range", "")
HANG = "int main() { volatile int x = 0; for (;;) x = x; }\n"
FUNCTION = "#include <assert.h>\n#include <bits/stdc++.h>\nint f(int x) { return x + 1; }"
WRONG = "#include <bits/stdc++.h>\nusing namespace std;\nint f(int x) { return 2; }"
RAISES = ('#include <bits/stdc++.h>\nint f(int x) { throw std::logic_error("no"); }', "std::logic_error", "")
LEAVES = "#include <bits/stdc++.h>\nint f(int x) { std::exit(0); }"
NOISY = r"""
#include <bits/stdc++.h>
using namespace std;
int f(int x) {
    cerr << "ERROR SyntaxError AssertionError FAIL\n";
    cout << string(250000, 'x');
    return x + 1;
}
"""
TESTS = """
int main() {
    int x0 = f(1);
    if (!(x0 == 2)) {
        throw runtime_error("Exception -- test case 0 did not pass.");
    }

    int x1 = f(2);
    if (!(x1 == 3)) {
        throw runtime_error("Exception -- test case 1 did not pass.");
    }

    return 0;
}
"""
PREFIX = "#include <stdexcept>\nusing namespace std;\n"
