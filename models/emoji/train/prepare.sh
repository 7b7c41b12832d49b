# Sourced by run.sh and ../evaluate: what training and evaluation need, in the folder $work; $python is the one to use.
mkdir -p "$work"
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
python="$work/venv/bin/python"
"$python" -m pip install -q -r requirements.txt
npm ci --silent
[ -f "$work/drawings.json" ] || node render.mjs "$work" "$side"
