mkdir -p a/b/c/d
refuses "File exists" mkdir a
refuses "No such file" mkdir x/y
refuses "not empty" rmdir a
rmdir a/b/c/d
for i in $(seq 60); do echo "$i" >"a/b/$i"; done
refuses "Is a directory" unlink a/b
refuses "Not a directory" rmdir a/b/1
rm -r a
[ ! -e a ]
mkdir a; is "$(ls -A a)" ""
rm -d a
is "$(ls -A)" ""
