long=$(printf 'n%.0s' $(seq 251)).txt
list=(" leading" "trailing " "two  spaces" "it's" 'say "hi"' "100%" "%41" "a&b" "a#b?c=d" "émoji🎉" "日本語" "-dash" ".hidden" "tab	tab" $'line\nbreak' 'back\slash' "_x0020_" "a:b" "star*" "$long")
for name in "${list[@]}"; do printf '%s' "$name" >"./$name"; done
for name in "${list[@]}"; do is "$(cat "./$name")" "$name"; done
is "$(find . -type f -print0 | tr -dc '\0' | wc -c)" "${#list[@]}"
for name in "${list[@]}"; do mv "./$name" "./tmp-$name" 2>/dev/null || mv "./$name" ./long; done
is "$(cat ./long)" "$long"
rm ./*; rm -f ./.hidden
for name in " d" "d'" "d%" "d🎉" ".dot" "d.e" "d-e"; do mkdir "./$name"; echo "$name" >"./$name/f"; is "$(cat "./$name/f")" "$name"; done
rm -r ./* ./.dot
is "$(ls -A)" ""
refuses "name too long" bash -c 'LC_ALL=C touch "$(printf "n%.0s" $(seq 256))" 2>&1 | tr "FN" "fn"; exit ${PIPESTATUS[0]}'
