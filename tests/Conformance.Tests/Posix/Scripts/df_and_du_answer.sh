bytes 1 100000 >f
[ "$(df --output=avail . | tail -1)" -gt 1000000 ]
[ "$(du -sk . | cut -f1)" -ge 97 ]
is "$(stat -c %s f)" 100000
[ "$(stat -c %b f)" -ge 195 ]
sync f; sync .
