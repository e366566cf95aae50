export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
git init -q "$OUTSIDE/origin"
for i in 1 2 3; do bytes $i 5000 >"$OUTSIDE/origin/file$i"; git -C "$OUTSIDE/origin" add .; git -C "$OUTSIDE/origin" commit -qm "commit $i"; done
git clone -q "$OUTSIDE/origin" clone
cd clone
git fsck --strict
is "$(git status --porcelain)" ""
echo new >new; git rm -q file1; git add new; git commit -qm "from the mount"
git checkout -q -b other HEAD~1; is "$(git status --porcelain)" ""; [ -e file1 ]
git checkout -q -; [ ! -e file1 ]
git gc -q
git fsck --strict
is "$(git log --oneline | wc -l)" 4
git clone -q . "$OUTSIDE/back"; cmp new "$OUTSIDE/back/new"
