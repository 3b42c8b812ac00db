import pytest

from analyzers.errors import AnalyzerFailed, AnalyzerTimeout, ToolMissing, boundary


@pytest.mark.parametrize("error", [ValueError("x"), RecursionError("x"), MemoryError("x"), OSError("x")])
def test_what_plugin_code_raises_becomes_a_failure_that_names_it(error):
    with pytest.raises(AnalyzerFailed, match=f"acme raised {type(error).__name__}: x") as caught, boundary("acme"):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [AnalyzerTimeout("x"), ToolMissing("x"), AnalyzerFailed("x")])
def test_what_is_classified_already_passes(error):
    with pytest.raises(type(error)) as caught, boundary("acme"):
        raise error
    assert caught.value is error


def test_an_interrupt_is_nobodys_failure():
    with pytest.raises(KeyboardInterrupt), boundary("acme"):
        raise KeyboardInterrupt
