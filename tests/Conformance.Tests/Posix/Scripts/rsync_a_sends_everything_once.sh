make_tree "$OUTSIDE/tree"
rsync -a "$OUTSIDE/tree/" there/
diff -r "$OUTSIDE/tree" there
is "$(rsync -ai "$OUTSIDE/tree/" there/)" ""
is "$(rsync -aci "$OUTSIDE/tree/" there/)" ""
bytes 77 70001 >"$OUTSIDE/tree/photos/2024/image1.jpg"
rm "$OUTSIDE/tree/photos/2024/image2.jpg"
is "$(rsync -ai --delete "$OUTSIDE/tree/" there/ | grep -c -e '^>f.*image1' -e '^\*deleting.*image2')" 2
diff -r "$OUTSIDE/tree" there
rsync -a --inplace --no-whole-file there/ "$OUTSIDE/back/"
diff -r there "$OUTSIDE/back"
