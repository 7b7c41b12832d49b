"""The options of the movie, in the order of the original script's arguments, as scripts/write-options.mjs wrote them."""

import json
from pathlib import Path
from typing import Any, Dict, List


def read_options() -> List[Dict[str, Any]]:
    """
    One dict an option: `names` (as requests may call it), `flag`, `label`, `help`, `type`, `default` and, where there are
    such, `choices`, `aliases`, `word`, `minimum`, `maximum`, `multipleOf`, `minLength` and `unit`.
    """
    return json.loads((Path(__file__).resolve().parent / "options.json").read_text("utf8"))
