mkdir -p a/inner b empty full
echo x >a/file; echo y >a/inner/file; echo z >full/z
mv a c;             is "$(cat c/inner/file)" y
mv c b/;            is "$(cat b/c/inner/file)" y
mv b/c b/d;         is "$(cat b/d/file)" x
mv -T b/d empty;    is "$(cat empty/inner/file)" y
refuses "not empty" mv -T empty full
is "$(cat full/z)$(cat empty/file)" zx
perl -MErrno -e 'rename("empty","empty/inner/deeper") and die; $!{EINVAL} or die "$!"'
perl -MErrno -e 'rename("full/z","empty") and die; $!{EISDIR} or die "$!"'
perl -MErrno -e 'rename("empty","full/z") and die; $!{ENOTDIR} or die "$!"'
perl -MErrno -e 'rename("none","full/z") and die; $!{ENOENT} or die "$!"'
is "$(find . | LC_ALL=C sort | tr '\n' ' ')" ". ./b ./empty ./empty/file ./empty/inner ./empty/inner/file ./full ./full/z "
