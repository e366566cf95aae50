mkdir d
for i in $(seq 300); do : >"d/f$i"; done
is "$(ls d | wc -l)" 300
find d -name 'f*5' -delete
is "$(ls d | wc -l)" 270
python3 - <<'P'
import os
seen = []
with os.scandir("d") as entries:
    for number, entry in enumerate(entries):
        seen.append(entry.name)
        assert entry.inode() == os.stat("d/" + entry.name).st_ino
        if number % 3 == 0:
            os.unlink("d/" + entry.name)
assert len(seen) == len(set(seen)) == 270, len(seen)
P
is "$(ls d | wc -l)" 180
rm -r d; [ ! -e d ]
