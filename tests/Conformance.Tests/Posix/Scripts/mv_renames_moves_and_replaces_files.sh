mkdir a b
echo one >a/one; echo two >a/two; echo three >b/three
mv a/one a/uno;      is "$(cat a/uno)" one;   [ ! -e a/one ]
mv a/uno b/;         is "$(cat b/uno)" one;   [ ! -e a/uno ]
mv b/uno a/other;    is "$(cat a/other)" one; [ ! -e b/uno ]
mv a/other a/two;    is "$(cat a/two)" one;   [ ! -e a/other ]
mv a/two b/three;    is "$(cat b/three)" one; is "$(ls a)" ""
mv b/three b/THREE;  is "$(ls b)" THREE
mv -n b/THREE b/THREE 2>/dev/null || true
echo x >b/x; mv -n b/x b/THREE || true; is "$(cat b/THREE)" one
is "$(find . -type f | LC_ALL=C sort | tr '\n' ' ')" "./b/THREE ./b/x "
