"""Code of custom layers run without a process of its own, for tests in which it does no harm."""

import json

from runtime import custom_child
from runtime.custom_probe import ShapeProbe


class Everything:
    """Trusts every source."""

    def is_trusted(self, source):
        return True


class Here(ShapeProbe):
    """Runs code in the process of the test: loading PyTorch anew takes seconds."""

    def _exit_code_of_child(self, folder):
        request = json.loads((folder / "request.json").read_text("utf-8"))
        (folder / "reply.json").write_text(json.dumps(custom_child.answer(request)), "utf-8")
        return 0
