"""PHP."""

from trainer.tasks.augment.languages import MARK, Writing

WRITING = Writing(
    answer='try { echo "\\n'
    + MARK
    + ' {at} ", json_encode({value}, JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR), '
    '"\\n"; } catch (\\Throwable $error) {}',
    same="{call} === {answer}",
    assertion='if (!({same})) { throw new \\Exception("a wrong answer"); }',
    mapped=("[", " => ", "]"),
    escaped="$",
)
