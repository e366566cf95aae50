echo old >f
exec 3<>f 4<f
rm f
[ ! -e f ]
is "$(cat <&4)" old
printf more >&3
echo new >f
is "$(cat f)" new
is "$(cat /dev/fd/3 2>/dev/null || perl -e 'open(F,"<&=3"); seek(F,0,0); print <F>')" more
exec 3>&- 4<&-
exec 5<f
echo replacement >g; mv g f
is "$(cat <&5)" new
is "$(cat f)" replacement
exec 5<&-
mkdir d; echo x >d/x
( cd d; exec 6<x; rm x; cd ..; rmdir d; is "$(cat <&6)" x )
[ ! -e d ]
perl -e 'open F,"+>u" or die; syswrite F,"a" x 5000; rename "u","v" or die; syswrite F,"b" x 5000; sysseek F,0,0; sysread F,$b,20000; die length $b if length $b != 10000; close F or die'
is "$(stat -c %s v)" 10000
