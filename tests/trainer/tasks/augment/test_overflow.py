from trainer.tasks.augment.overflow import checked

NAMES = {"+": "plus", "*": "times"}


def test_operators_become_calls_and_all_else_stays():
    program = (
        "class A { // a + b\n  int f(int é) {\n    int c = é + 2 * (é - 1);\n    c += é * 3;\n    xs[c++] += 1;\n"
        "    c -= 1;\n    return -c + +1;\n  }\n}\n"
    )
    assert checked("java", program, NAMES) == (
        "class A { // a + b\n  int f(int é) {\n    int c = plus(é, times(2, (é - 1)));\n    c = plus(c, times(é, 3));\n"
        "    xs[c++] += 1;\n    c -= 1;\n    return plus(-c, +1);\n  }\n}\n"
    )


def test_a_program_without_arithmetic_is_the_same():
    program = "\n// nothing\nclass A { }\n\n"
    assert checked("java", program, NAMES) == program
    deep = "class A { int a = " + "(" * 5000 + "1" + ")" * 5000 + "; }"
    assert checked("java", deep, NAMES) == deep
