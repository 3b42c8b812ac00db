ADD = '(println (apply + (map #(Integer/parseInt %) (clojure.string/split (read-line) #" "))))\n'
BROKEN = ('(defn f [x]\n  (let [é "😀"] (missing x)))\n', "unresolved", "missing")
CRASH = (
    '(defn f [xs] (let [é "😀"] (nth xs 7)))\n(println (f [1]))\n',
    "IndexOutOfBoundsException",
    '(defn f [xs] (let [é "😀"] (nth xs 7)))',
)
HANG = "(loop [] (recur))\n"
FUNCTION = "(defn f [x]\n  (+ x 1))\n"
WRONG = FUNCTION.replace("(+ x 1)", "2")
RAISES = (FUNCTION.replace("(+ x 1)", "(/ x 0)"), "ArithmeticException", "(/ x 0))")
LEAVES = FUNCTION.replace("(+ x 1)", "(System/exit 0)")
NOISY = FUNCTION.replace(
    "(+ x 1)",
    '(binding [*out* *err*] (println "ERROR SyntaxError AssertionError FAIL"))'
    ' (dotimes [_ 25000] (println "123456789")) (+ x 1)',
)
TESTS = """
(require '[clojure.test :refer [deftest is run-test]])

(def candidate f)

(deftest test-humaneval

  (is (= (candidate 1) 2))
  (is (= (candidate 2) 3))
)

(run-test test-humaneval)
"""
