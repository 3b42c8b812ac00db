; name: starlark-compares
; language: starlark
; severity: fatal
; kind: syntax

; message: Starlark has no {identity}; write == or !=
; good: x = "is" == y
; bad: s = "é😀"; x = s «is» None
; bad: s = "é😀"; x = s «is not» None
(comparison_operator ["is" "is not"] @identity)
