import pytest

from trainer.tasks.augment.languages import MARK, names, writing

VALUE = {"a$#b": [1, -2.5, True, 'é"\n\\']}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("javascript", '{"a$#b": [1, -2.5, true, "é\\"\\n\\\\"]}'),
        ("typescript", '{"a$#b": [1, -2.5, true, "é\\"\\n\\\\"]}'),
        ("ruby", '{"a$\\#b" => [1, -2.5, true, "é\\"\\n\\\\"]}'),
        ("php", '["a\\$#b" => [1, -2.5, true, "é\\"\\n\\\\"]]'),
        ("lua", '{["a$#b"] = {1, -2.5, true, "é\\"\\n\\\\"}}'),
    ],
)
def test_values_as_code(language, expected):
    assert writing(language).written(VALUE) == expected


def test_every_record_prints_numbers_its_answers_and_compares():
    assert names() == ("cpp", "go", "java", "javascript", "lua", "php", "ruby", "typescript")
    for name in names():
        record = writing(name)
        assert f"{MARK} {{at}} " in record.answer or "tell({at}, " in record.answer
        assert record.answer.count("{value}") == 1
        assert "{call}" in record.same
        assert "{answer}" in record.same
        assert "{same}" in record.assertion


def test_what_a_language_does_not_hold_is_refused():
    for value in (2**60, {1: 2}, b"", {1}, "\x00", object()):
        with pytest.raises(ValueError, match=r"no way is known|cannot be seen"):
            writing("javascript").written(value)
    assert writing("ruby").written(None) == "nil"
    with pytest.raises(ValueError, match="NoneType"):
        writing("lua").written([1, None])
    assert writing("cobol") is None
