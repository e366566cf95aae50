touch a; : >b; cp /dev/null c; mkdir d; touch d/e
is "$(stat -c %s a b c d/e | tr '\n' ' ')" "0 0 0 0 "
cp -r . "$OUTSIDE/copy"; is "$(find "$OUTSIDE/copy" -type f -empty | wc -l)" 4
mv a f; echo now >f; is "$(cat f)" now
: >f; is "$(cat f)" ""; mv f b; rm b c; rm -r d
is "$(ls -A)" ""
