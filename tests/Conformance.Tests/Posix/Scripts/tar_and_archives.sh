make_tree "$OUTSIDE/tree"
tar --format=posix -cf "$OUTSIDE/tree.tar" -C "$OUTSIDE" tree
tar xpf "$OUTSIDE/tree.tar"
diff -r "$OUTSIDE/tree" tree
is "$(attributes tree)" "$(attributes "$OUTSIDE/tree")"
tar --format=posix -czf tree.tgz tree
mkdir again; tar xpzf tree.tgz -C again; diff -r tree again/tree
tar cf - tree | tar tf - >"$OUTSIDE/names"
is "$(wc -l <"$OUTSIDE/names")" "$(find tree | wc -l)"
