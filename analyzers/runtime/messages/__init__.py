"""What compilers and run times say, read into findings: one module per family of messages, named by a toolchain.

Each module defines

    CONVENTION                                      how its lines and columns count
    FAILED                                          regular expression of what an assertion of tests says when it fails
    compile_findings(output, errors, file)          findings of a compiler that ended with a failure
    run_findings(output, errors, file)              findings of a program that ended badly, the cause first

`output` and `errors` are what was printed on the two streams, `file` is the name of the program's file without a
folder. A finding that names another file says so in `file`; one of `Kind.SYNTAX` means that the program does not
compile. Examples, run by one test, are in tests/analyzers/runtime/languages: one file for each language.
"""
