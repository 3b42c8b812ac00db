<?php
// Runs before a program (auto_prepend_file): reports the error that ends it. Our own names stay out of its way.

namespace SpanwiseReport;

const PLACES = 10;
const FATAL = E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR;

function write(array $record): void
{
    $flags = JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE;
    $record['message'] = substr($record['message'], 0, 250);
    fwrite(\STDERR, "\x1e" . json_encode($record, $flags) . "\n");
}

function main(): string
{
    return $_SERVER['SCRIPT_FILENAME'];
}

function exception(\Throwable $error): void
{
    $frames = [['file' => $error->getFile(), 'line' => $error->getLine()], ...$error->getTrace()];
    $at = [];
    foreach ($frames as $frame) {
        if (($frame['file'] ?? '') === main() && count($at) < PLACES) {
            $at[] = [$frame['line']];
        }
    }
    $kind = $error instanceof \ParseError && $error->getFile() === main() ? 'syntax' : 'runtime';
    write(['code' => get_class($error), 'message' => $error->getMessage(), 'at' => $at, 'kind' => $kind]);
    exit(255);
}

// Where the parser stopped: the message names the token, and the line may have it only once.
function place(int $line, string $message): array
{
    preg_match('/unexpected (?:token|\S+(?: \S+)?) "(.*)"(?:,|$)/', $message, $match);
    $at = [];
    $start = 0;
    foreach (\PhpToken::tokenize(file_get_contents(main())) as $token) {
        $text = $token->text;
        if ($token->line === $line && $text === ($match[1] ?? null)) {
            $column = $token->pos - $start;
            $at[] = [$line, $column, $line, $column + strlen($text)];
        }
        $break = strrpos($text, "\n");
        $start = $break === false ? $start : $token->pos + $break + 1;
    }
    return count($at) === 1 ? $at[0] : [$line];
}

function shutdown(): void
{
    $last = error_get_last();
    if ($last === null || !($last['type'] & FATAL) || $last['file'] !== main()) {
        return;
    }
    $compiling = (bool) ($last['type'] & (E_PARSE | E_COMPILE_ERROR));
    $exhausted = str_starts_with($last['message'], 'Allowed memory') || str_starts_with($last['message'], 'Out of mem');
    write([
        'code' => $compiling ? 'ParseError' : ($exhausted ? 'OutOfMemory' : 'FatalError'),
        'message' => str_replace(dirname(main()) . '/', '', $last['message']),
        'at' => [$compiling ? place($last['line'], $last['message']) : [$last['line']]],
        'kind' => $compiling ? 'syntax' : 'runtime',
        'spread' => $exhausted,
    ]);
}

set_exception_handler(exception(...));
register_shutdown_function(shutdown(...));
