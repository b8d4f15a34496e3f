# SPDX-License-Identifier: MIT
# TAP for scenarios written in bash. A plan comes last, so that a script that
# dies on the way has none, which prove counts as a failure.

tap_number=0
tap_failed=0

# tap NAME COMMAND...: ok if the command succeeds; what it prints is shown
# only if it does not.
tap()
{
    local name=$1 output
    shift
    tap_number=$((tap_number + 1))
    if output=$("$@" 2>&1); then
        echo "ok $tap_number - $name"
    else
        echo "not ok $tap_number - $name"
        [ -z "$output" ] || sed 's/^/# /' <<<"$output"
        tap_failed=$((tap_failed + 1))
        return 1
    fi
}

# eventually COMMAND...: it succeeds within two minutes, which a machine that has
# other work may need for what takes a second.
eventually()
{
    local end=$((SECONDS + 120)) output
    until output=$("$@" 2>&1); do
        [ $SECONDS -lt $end ] || {
            printf 'in vain for two minutes: %s\n' "$output"
            return 1
        }
        sleep 0.2
    done
}

# tap_is NAME FOUND EXPECTED
tap_is()
{
    tap "$1" is_equal "$2" "$3"
}

# tap_has NAME FILE REGEX: some line of the file matches.
tap_has()
{
    tap "$1" has_line "$2" "$3"
}

# tap_has_not NAME FILE REGEX
tap_has_not()
{
    tap "$1" has_no_line "$2" "$3"
}

is_equal()
{
    [ "$1" = "$2" ] || {
        printf 'expected: %s\n   found: %s\n' "$2" "$1"
        return 1
    }
}

has_line()
{
    grep -aEq -e "$2" "$1" || {
        printf 'no line of %s matches %s; it ends:\n' "$1" "$2"
        tail -n 15 "$1" | tr -d '\r'
        return 1
    }
}

has_no_line()
{
    ! grep -aE -m 5 -e "$2" "$1"
}

tap_end()
{
    echo "1..$tap_number"
    [ "$tap_failed" = 0 ]
    exit
}
