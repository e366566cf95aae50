edit() { printf 'first\nsecond\n' >f; }
edit; vi -es -u NONE -c 'set backup writebackup backupcopy=no' -c '%s/first/1st/' -c wq f;  is "$(cat f)" "$(printf '1st\nsecond')"
edit; vi -es -u NONE -c 'set nobackup writebackup backupcopy=yes' -c '%s/first/2nd/' -c wq f; is "$(head -1 f)" 2nd
edit; printf '1d\nw\nq\n' | ed -s f;                                                       is "$(cat f)" second
edit; chmod 640 f; sed -i 's/second/sed/' f;                                               is "$(tail -1 f)" sed; is "$(stat -c %a f)" 640
edit; sed -i.orig 's/second/sed/' f;                                                       is "$(tail -1 f.orig)" second
edit; perl -pi -e 's/first/perl/' f;                                                       is "$(head -1 f)" perl
edit; perl -pi.bak -e 's/first/perl/' f;                                                   is "$(head -1 f.bak)" first
edit; sort -r -o f f;                                                                      is "$(head -1 f)" second
edit; python3 -c 'import os; open("f.new", "w").write("python\n"); os.replace("f.new", "f")'; is "$(cat f)" python
rm -f f f.orig f.bak f~
is "$(ls -A)" ""
