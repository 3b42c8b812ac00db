"""Choosing among several candidates for one problem, by all that is known of them without their hidden tests."""
