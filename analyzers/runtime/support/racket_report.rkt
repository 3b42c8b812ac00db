#lang racket/base
;; Reports the error that ended a program, with exact places. Racket itself keeps none of expressions at run time: the
;; program is run once more, silently and instrumented, to see where the same error comes from.
(require json)
(provide report)

(define most 10)
(define rerun-seconds 3)

(define (report file message problem)
  (define text (call-with-input-file file read-all))
  (define not-compiled (or (exn:fail:read? problem) (exn:fail:syntax? problem)))
  (define places
    (if (exn:srclocs? problem)
        (for/list ([place (in-list ((exn:srclocs-accessor problem) problem))]
                   #:when (and (equal? (srcloc-source place) file) (srcloc-position place)))
          (span text (sub1 (srcloc-position place)) (or (srcloc-span place) 0)))
        (traced file text problem)))
  (define record
    (hasheq 'code (name-of problem)
            'message (regexp-replace #rx"^[^:\n]*:[0-9]+:[0-9]+: " (short message) "")
            'kind (if (and not-compiled (pair? places)) "syntax" "runtime")
            'failed (regexp-match? #rx"^exn:test" (name-of problem))
            'at places))
  (eprintf "\n\x1e~a\n" (jsexpr->string record)))

(define (short message)
  (substring message 0 (min 250 (string-length message))))

(define (read-all port)
  (let loop ([found '()])
    (define part (read-string 65536 port))
    (if (eof-object? part) (apply string-append (reverse found)) (loop (cons part found)))))

(define (name-of problem)
  (if (struct? problem)
      (regexp-replace #rx"^struct:" (symbol->string (vector-ref (struct->vector problem) 0)) "")
      "raise"))

;; Line and column of both ends, both from 0.
(define (span text start size)
  (append (line+column text start) (line+column text (+ start size))))

(define (line+column text offset)
  (for/fold ([line 0] [column 0] #:result (list line column))
            ([sign (in-string text 0 (min offset (string-length text)))])
    (if (char=? sign #\newline) (values (add1 line) 0) (values line (add1 column)))))

(define (traced file text problem)
  (define again (run-again file))
  (cond
    [(and (exn? problem) (exn? again) (equal? (exn-message problem) (exn-message again)))
     (define print-error-trace (dynamic-require 'errortrace/errortrace-lib 'print-error-trace))
     (define said (open-output-string))
     (print-error-trace said again)
     (define pattern (regexp (string-append "(?m:^ *" (regexp-quote (path->string file)) ":([0-9]+):([0-9]+): )")))
     (for/list ([match (in-list (regexp-match* pattern (get-output-string said) #:match-select cdr))]
                [_ (in-range most)])
       (expression text (sub1 (string->number (car match))) (string->number (cadr match))))]
    [else '()]))

;; The expression that begins at a place: the reader knows where it ends.
(define (expression text line column)
  (define starts (cons 0 (map cdr (regexp-match-positions* #rx"\n" text))))
  (define start (+ (list-ref starts line) column))
  (define port (open-input-string (substring text start)))
  (port-count-lines! port)
  (define read-one (with-handlers ([void (lambda (_) #f)]) (read-syntax 'expression port)))
  (span text start (if (syntax? read-one) (or (syntax-span read-one) 0) 0)))

(define (run-again file)
  (define result #f)
  (define runner
    (parameterize ([current-namespace (make-base-namespace)]
                   [current-output-port (open-output-nowhere)]
                   [current-error-port (open-output-nowhere)])
      (with-handlers ([exn:fail? void]) (file-position (current-input-port) 0))
      (thread
       (lambda ()
         (with-handlers ([void (lambda (problem) (set! result problem))])
           (dynamic-require 'errortrace #f)
           (parameterize ([exit-handler (lambda (_) (kill-thread (current-thread)))])
             (dynamic-require file #f)
             (define main (list 'submod file 'main))
             (when (module-declared? main #t) (dynamic-require main #f))))))))
  (sync/timeout rerun-seconds runner)
  (kill-thread runner)
  result)

(define (open-output-nowhere)
  (make-output-port 'nowhere always-evt (lambda (bytes start end flush? breaks?) (- end start)) void))
