(ns main
  (:require [clojure.string :as str]))

(defn word-counts
  "How often each word comes."
  [text]
  (->> (str/split (str/lower-case text) #"\W+")
       (remove str/blank?)
       (frequencies)))

(defn most-common [text n]
  (let [counts (word-counts text)
        sorted (sort-by (fn [[word count]] [(- count) word]) counts)]
    (take n sorted)))

(println (most-common "a b a c b a" 2))
;; ====
(defn prime? [n]
  (and (> n 1)
       (not-any? #(zero? (mod n %)) (range 2 (inc (Math/sqrt n))))))

(defn primes-below [limit]
  (filterv prime? (range limit)))

(defn -main [& args]
  (let [limit (if (seq args) (Integer/parseInt (first args)) 30)]
    (doseq [p (primes-below limit)]
      (print p ""))
    (newline)))

(-main)
;; ====
(defprotocol Shape
  (area [this])
  (label [this suffix]))

(defrecord Circle [radius]
  Shape
  (area [_] (* Math/PI radius radius))
  (label [_ suffix] (str "circle" suffix)))

(defrecord Square [side]
  Shape
  (area [_] (* side side))
  (label [_ suffix] (str "square" suffix)))

(def shapes [(->Circle 1.5) (->Square 2)])

(defn largest [shapes]
  (apply max-key area shapes))

(assert (= "circle!" (label (largest shapes) "!")))
;; ====
(defn merge-sorted [left right]
  (loop [left left, right right, merged []]
    (cond
      (empty? left) (into merged right)
      (empty? right) (into merged left)
      (<= (first left) (first right)) (recur (rest left) right (conj merged (first left)))
      :else (recur left (rest right) (conj merged (first right))))))

(defn merge-sort [values]
  (if (< (count values) 2)
    values
    (let [[left right] (split-at (quot (count values) 2) values)]
      (merge-sorted (merge-sort left) (merge-sort right)))))

(println (merge-sort [3 1 2 9 -4]))
;; ====
(def account (atom {:owner "Zoë" :balance 100 :log #{}}))

(defn withdraw! [amount]
  (try
    (swap! account update :balance
           (fn [balance]
             (when (> amount balance)
               (throw (ex-info "too little" {:balance balance :amount amount})))
             (- balance amount)))
    (catch Exception error
      (println (.getMessage error) (ex-data error))
      nil)))

(defmacro unless [test & body]
  `(if ~test nil (do ~@body)))

(unless (neg? (:balance (withdraw! 30)))
  (println @account \a 'symbol 2/3))
