ADD = """
use std::io::Read;
fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    println!("{}", text.split_whitespace().map(|word| word.parse::<i64>().unwrap()).sum::<i64>());
}
"""
BROKEN = ('fn main() { let é = "😀"; missing(é); }\n', "E0425", "missing")
CRASH = (
    'fn main() { let é = vec!["😀"]; let i = é.len() + 7; println!("{}", é[i]); }\n',
    "panic",
    'fn main() { let é = vec!["😀"]; let i = é.len() + 7; println!("{}", é[i]); }',
)
HANG = "fn main() { loop { } }\n"
FUNCTION = "fn f(x: i32) -> i32 {\n    x + 1\n"
WRONG = FUNCTION.replace("x + 1", "x - x + 2")
RAISES = (FUNCTION.replace("x + 1", "x / (x - x)"), "panic", "x / (x - x)")
LEAVES = FUNCTION.replace("x + 1", "if x > 0 { std::process::exit(0) }; 2")
NOISY = FUNCTION.replace(
    "x + 1",
    'eprintln!("ERROR SyntaxError AssertionError FAIL"); for _ in 0..25000 { println!("123456789") }; x + 1',
)
TESTS = """}

fn main() {
    let candidate = f;
    assert_eq!(candidate(1), 2);
    assert_eq!(candidate(2), 3);
}
"""
