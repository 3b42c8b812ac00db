;; Runs a program (racket racket_run.rkt FILE) and has the error that ends it reported. In the kernel's language, which
;; takes no time to expand; what is needed only for a report is in a file of its own.
(module racket_run '#%kernel
  (define-values (folder)
    (let-values ([(base name folder?) (split-path (variable-reference->module-source (#%variable-reference)))]) base))
  (define-values (file) (string->path (vector-ref (current-command-line-arguments) 0)))
  (define-values (submodule)
    (lambda (name)
      (let-values ([(path) (list 'submod file name)])
        (if (module-declared? path #t) (dynamic-require path #f) (void)))))
  (current-command-line-arguments (vector))
  (error-display-handler
   (lambda (message problem)
     ((dynamic-require (build-path folder "racket_report.rkt") 'report) file message problem)))
  (submodule 'configure-runtime)
  (dynamic-require file #f)
  (submodule 'main))
