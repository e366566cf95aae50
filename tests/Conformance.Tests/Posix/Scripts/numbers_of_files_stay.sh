echo x >f; mkdir d
n=$(stat -c %i f); m=$(stat -c %i d)
mv f g; is "$(stat -c %i g)" "$n"
mv g d/; is "$(stat -c %i d/g)" "$n"
mv d e; is "$(stat -c %i e)" "$m"
echo more >>e/g; is "$(stat -c %i e/g)" "$n"
is "$(ls -i e | awk '{print $1}')" "$n"
[ "$(stat -c %h e/g)" = 1 ]
