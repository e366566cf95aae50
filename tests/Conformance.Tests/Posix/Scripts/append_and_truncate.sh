echo one >f; echo two >>f; printf three >>f
is "$(cat f)" "$(printf 'one\ntwo\nthree')"
truncate -s 5 f; is "$(od -c -An f)" "$(printf 'one\nt' | od -c -An)"
truncate -s 12 f; is "$(od -c -An f)" "$(printf 'one\nt\0\0\0\0\0\0\0' | od -c -An)"
echo end >>f; is "$(stat -c %s f)" 16
truncate -s 0 f; is "$(cat f)" ""; echo again >>f; is "$(cat f)" again
bytes 1 300000 >big; bytes 1 300000 >"$OUTSIDE/big"
for size in 299999 131072 131073 4096 700000 1; do
    truncate -s $size big; truncate -s $size "$OUTSIDE/big"
    echo tail >>big; echo tail >>"$OUTSIDE/big"
    cmp big "$OUTSIDE/big"
done
: >big; is "$(stat -c %s big)" 0
