# Says on standard error, as analyzers/runtime/messages/reports.py reads it, which command ended a program and where.
unset BASH_ENV
set -o errtrace
trap 'SPANWISE_LINE=$LINENO SPANWISE_SOURCE=${BASH_SOURCE[0]}' ERR
trap '
    SPANWISE_STATUS=$?
    if [ "$SPANWISE_STATUS" -ne 0 ] && [ -n "$SPANWISE_LINE" ]; then
        printf "\n\036{\"code\": \"ExitStatus\", \"message\": \"exit status %d\", \"at\": [[%d]]}\n" \
            "$SPANWISE_STATUS" "$SPANWISE_LINE" >&2
    fi
' EXIT
