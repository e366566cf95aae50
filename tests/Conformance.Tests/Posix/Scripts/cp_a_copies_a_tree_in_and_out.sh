make_tree "$OUTSIDE/tree"
cp -a "$OUTSIDE/tree" in
diff -r "$OUTSIDE/tree" in
is "$(attributes in)" "$(attributes "$OUTSIDE/tree")"
cp -a in "$OUTSIDE/back"
diff -r "$OUTSIDE/tree" "$OUTSIDE/back"
is "$(attributes "$OUTSIDE/back")" "$(attributes "$OUTSIDE/tree")"
cp -a in inside
diff -r in inside
