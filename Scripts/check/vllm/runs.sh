# What vllm.sh and vllm-pictures.sh share; both source it behind script.sh.

# compare_with_vllm OUT ORIGINAL: lets skyquant and vLLM answer OUT/prompts.json by ORIGINAL, OUT/awq and
# OUT/compressed-tensors, and compares. `python` and `skyquant` are set. Returns 1 if anything differs.
compare_with_vllm() {
  local out=$1 original=$2 failures=0 run name dtype source
  for run in "original float32" "original float16" "awq float16" "compressed-tensors float16"; do
    read -r name dtype <<<"$run"
    source=$out/$name
    [[ $name == original ]] && source=$original
    [[ $dtype == float16 && $name == original ]] ||
      "$python" "$root/Scripts/check/vllm/ours.py" "$skyquant" "$source" "$out/prompts.json" "$out/$name.npz"
    PYTHONPATH=$root/Scripts/check/vllm/startup VLLM_CPU_INT4_W4A8=0 VLLM_CPU_KVCACHE_SPACE=1 VLLM_LOGGING_LEVEL=ERROR \
      "$python" "$root/Scripts/check/vllm/compare.py" "$name" "$dtype" "$source" "$out/prompts.json" "$out/$name.npz" \
      "$out/floor.json" 2>"$out/$name-$dtype.log" ||
      { failures=$((failures + 1)); tail -n 5 "$out/$name-$dtype.log" >&2; }
  done
  return $((failures > 0))
}
