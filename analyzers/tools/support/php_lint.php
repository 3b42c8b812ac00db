<?php
// Compiles each file, as `php -l` does, and runs none of them. Prints a line of JSON for each error: file, code,
// message, line, and where the error is at one token also offset and end (in bytes).
namespace Spanwise;

const OPENING = ['(', '[', '{', '{$', '${', '#['];
const CLOSING = [')', ']', '}'];

const NOTHING = ['type' => 0, 'message' => '', 'file' => '', 'line' => 0];
const MILD = [E_DEPRECATED => 'Deprecated', E_WARNING => 'Warning', E_COMPILE_WARNING => 'Warning'];

const SPEAKS = 1;
const CRASHED = 2;

/** What stands wrongly: the token that no rule takes, the bracket that is never closed or closes another one. */
function culprit(string $text, \ParseError $error): ?\PhpToken
{
    $tokens = \PhpToken::tokenize($text);
    if (str_starts_with($error->getMessage(), 'Unclosed') || str_starts_with($error->getMessage(), 'Unmatched')) {
        return wrong_bracket($tokens);
    }
    $low = 0;
    $high = count($tokens);
    while ($low < $high) {
        $middle = intdiv($low + $high, 2);
        $token = $tokens[$middle];
        if (may_go_on(substr($text, 0, $token->pos + strlen($token->text)))) {
            $low = $middle + 1;
        } else {
            $high = $middle;
        }
    }
    if ($low === count($tokens)) {
        $tokens = array_filter($tokens, fn($token) => !$token->isIgnorable());
        return end($tokens) ?: null;
    }
    return $tokens[$low];
}

function wrong_bracket(array $tokens): ?\PhpToken
{
    $open = [];
    foreach ($tokens as $token) {
        if (in_array($token->text, OPENING, true) && !$token->is([T_INLINE_HTML, T_ENCAPSED_AND_WHITESPACE])) {
            $open[] = $token;
        } elseif (in_array($token->text, CLOSING, true) && !$token->is([T_INLINE_HTML, T_ENCAPSED_AND_WHITESPACE])) {
            $last = array_pop($open);
            if ($last === null || strpos('([{', substr(strtr($last->text, ['${' => '{', '#[' => '[']), 0, 1))
                !== strpos(')]}', $token->text)) {
                return $token;
            }
        }
    }
    return end($open) ?: null;
}

/** Whether a text is the beginning of a program. */
function may_go_on(string $text): bool
{
    try {
        token_get_all($text, TOKEN_PARSE);
    } catch (\ParseError $error) {
        return str_contains($error->getMessage(), 'unexpected end of file')
            || preg_match("/^Unclosed '.'(?: on line \d+)?$/", $error->getMessage());
    }
    return true;
}

/** Compiles a file and tells `$say` of each error: its class, message, line, and the token where that is known. */
function compile(string $file, callable $say): void
{
    $path = realpath($file);
    $last = function () use ($path, $say): void {
        ['type' => $type, 'message' => $message, 'file' => $where, 'line' => $line] = error_get_last() ?? NOTHING;
        if ($where === $path) {
            $message = preg_replace('~ in ' . preg_quote($path, '~') . ':(\d+)~', ' on line $1', $message);
            $say(MILD[$type] ?? 'CompileError', $message, $line);
        }
    };
    error_clear_last();
    opcache_invalidate($file, true); // compiled in company before, it would come without its warnings
    set_error_handler(fn() => true); // the cache's own words after an error that ends the process
    register_shutdown_function(function () use ($path, $last): void {
        $error = error_get_last() ?? NOTHING;
        $ended = $error['file'] === $path && !isset(MILD[$error['type']]);
        if ($ended && !str_starts_with($error['message'], 'Allowed memory')) {
            $last();
            exit(0);
        }
    });
    try {
        if (!opcache_compile_file($file)) {
            exit(CRASHED);
        }
        $last();
    } catch (\ParseError $error) {
        $place = culprit(file_get_contents($file), $error);
        $say('ParseError', $error->getMessage(), $error->getLine(), $place);
    } catch (\CompileError $error) {
        $say('CompileError', $error->getMessage(), $error->getLine());
    }
}

function report(string $file, string $code, string $message, int $line, ?\PhpToken $place = null): void
{
    $found = ['file' => $file, 'code' => $code, 'message' => $message, 'line' => $line];
    if ($place !== null) {
        $found += ['offset' => $place->pos, 'end' => $place->pos + strlen($place->text)];
    }
    fwrite(STDOUT, json_encode($found, JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR) . "\n");
}

/** The status with which a process of its own ends the work. */
function apart(callable $work): int
{
    $child = pcntl_fork();
    if ($child === 0) {
        $work();
        exit(0);
    }
    pcntl_waitpid($child, $status);
    return pcntl_wifexited($status) ? pcntl_wexitstatus($status) : CRASHED;
}

// Files share a process until one of them has something to say. That one is asked again by itself: the functions and
// classes of a file stay in the process that compiled it, and an error may end it.
$files = array_slice($argv, 1);
while ($files !== []) {
    [$begun, $begins] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $status = apart(function () use ($files, $begins): void {
        foreach ($files as $file) {
            fwrite($begins, '.');
            compile($file, fn() => exit(SPEAKS));
        }
    });
    fclose($begins);
    $rest = array_splice($files, strlen(stream_get_contents($begun)));
    if ($status === SPEAKS) {
        $file = end($files);
        $status = apart(fn() => compile($file, fn(...$found) => report($file, ...$found)));
    }
    if ($status !== 0) {
        fwrite(STDERR, 'compiling ' . end($files) . " ended with status $status\n");
        exit(CRASHED);
    }
    $files = $rest;
}
