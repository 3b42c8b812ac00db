"""More tests for tasks: inputs that wrong programs give themselves away on, with the outputs of the reference.

seeds -> sources (inputs) -> observe (outputs, in the sandbox) -> judge (which programs each test kills) -> cover

Tests that are code in another language than Python are read and written by `code`, with a record of `languages`.
Nothing here executes a program, nor test code: that is done by `analyzers.runtime`. What a program or a model says is
read as data and checked before it is used.
"""
