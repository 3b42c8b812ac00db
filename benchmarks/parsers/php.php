<?php
// The parser of PHP on each file: file:line: message.
foreach (array_slice($argv, 1) as $file) {
    try {
        token_get_all(file_get_contents($file), TOKEN_PARSE);
    } catch (ParseError $error) {
        echo $file, ':', $error->getLine(), ': ', $error->getMessage(), "\n";
    }
}
