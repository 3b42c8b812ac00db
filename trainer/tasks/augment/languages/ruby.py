"""Ruby."""

from trainer.tasks.augment.languages import MARK, Writing

WRITING = Writing(
    setup='require "json"',
    answer='begin; puts "\\n' + MARK + ' {at} " + JSON.generate({value}); rescue Exception; end',
    same="({call}) == {answer}",
    assertion='if !({same})\n    raise StandardError, "a wrong answer"\nend',
    constants={True: "true", False: "false", None: "nil"},
    mapped=("{", " => ", "}"),
    escaped="#",
)
