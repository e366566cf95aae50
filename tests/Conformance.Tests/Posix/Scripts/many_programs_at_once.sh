mkdir d
for i in $(seq 64); do
    ( bytes "$i" $((i * 1000)) >"d/$i.tmp"; mv "d/$i.tmp" "d/$i"; cat "d/$i" >/dev/null; echo "$i" >>d/log ) &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
for i in $(seq 64); do cmp "d/$i" <(bytes "$i" $((i * 1000))); done
is "$(sort -n d/log)" "$(seq 64)"
is "$(ls d | wc -l)" 65
