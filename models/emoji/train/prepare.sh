# Sourced by run.sh and ../evaluate: installs what both need in the folder $work, and sets $python.
mkdir -p "$work"
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
python="$work/venv/bin/python"
"$python" -m pip install -q -r requirements.txt
npm ci --silent
[ -f "$work/drawings.json" ] || node render.mjs "$work" "$side"
