;; Reads all forms of each file: file:line: message.
(doseq [file *command-line-args*]
  (with-open [input (clojure.lang.LineNumberingPushbackReader. (java.io.StringReader. (slurp file)))]
    (try
      (loop []
        (when-not (identical? ::end (read {:eof ::end :read-cond :allow} input)) (recur)))
      (catch Exception error
        (let [said (.getMessage (or (.getCause error) error))
              [_ start] (re-find #"starting at line (\d+)" said)]
          (println (str file ":" (or start (.getLineNumber input)) ": " said)))))))
