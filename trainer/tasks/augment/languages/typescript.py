"""TypeScript: JavaScript, whose library has to be declared."""

from dataclasses import replace

from trainer.tasks.augment.languages import javascript

WRITING = replace(
    javascript.WRITING,
    answer=javascript.WRITING.answer.replace("(key, value)", "(key: any, value: any)").replace(
        "const plain =", "const plain: any[] ="
    ),
    setup="declare var require: any;",
)
