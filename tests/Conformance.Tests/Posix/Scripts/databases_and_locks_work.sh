python3 - <<'P'
import sqlite3
base = sqlite3.connect("base.db")
base.execute("create table t(a)")
base.executemany("insert into t values(?)", [(i,) for i in range(1000)])
base.commit(); base.close()
base = sqlite3.connect("base.db")
assert base.execute("select count(*), sum(a) from t").fetchone() == (1000, 499500)
assert base.execute("pragma integrity_check").fetchone() == ("ok",)
P
exec 7>lock; flock -n 7
refuses "" flock -n lock true
exec 7>&-
flock -n lock true
