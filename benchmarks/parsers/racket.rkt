#lang racket/base
;; Reads each file: file:line: message.
(for ([file (current-command-line-arguments)])
  (call-with-input-file file
    (lambda (input)
      (port-count-lines! input)
      (with-handlers ([exn:fail? (lambda (error)
                                   (define places (if (exn:srclocs? error) ((exn:srclocs-accessor error) error) '()))
                                   (define line (or (and (pair? places) (srcloc-line (car places))) 1))
                                   (printf "~a:~a: ~a\n" file line
                                           (regexp-replace* #rx"\n" (exn-message error) " ")))])
        (parameterize ([read-accept-reader #t])
          (let loop () (unless (eof-object? (read-syntax file input)) (loop))))))))
