ADD = "my ($a, $b) = split ' ', <STDIN>;\nprint $a + $b, qq{\\n};\n"
BROKEN = ("use strict;\nsub f {\n  my $x = 'é' + ;\n}\n", "SyntaxError", "my $x = 'é' + ;")
CRASH = (
    "warn 'careful';\nsub g {\n  return 'é' . 1 / $_[0];\n}\nprint g(0);\n",
    "DivisionByZero",
    "return 'é' . 1 / $_[0];",
)
HANG = "1 while 1;\n"
FUNCTION = "sub f {\n    my ($x) = @_;\n    return $x + 1;\n}"
WRONG = "sub f {\n    return 2;\n}"
RAISES = ("sub f {\n    my ($x) = @_;\n    return g($x);\n}", "UndefinedSubroutine", "return g($x);")
LEAVES = "sub f {\n    exit 0;\n}"
NOISY = """
sub f {
    my ($x) = @_;
    print STDERR "ERROR SyntaxError AssertionError FAIL\\n";
    print "x" x 250_000;
    return $x + 1;
}
"""
TESTS = """use Test::Deep;


sub testhumaneval {
    my $candidate = \\&f;
        if(eq_deeply($candidate->(1),2)) {
        print "ok!" }else{
        exit 1;
        }
        if(eq_deeply($candidate->(2),3)) {
        print "ok!" }else{
        exit 1;
        }
}

testhumaneval();
"""
