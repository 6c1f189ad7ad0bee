"""A supervisor over the stub application: `python -m tests.integration.platform.supervised DATA_DIR PORT`."""

import os
import sys
from pathlib import Path

from crm.platform.embedded import EmbeddedPostgres
from crm.platform.errors import CrmError
from crm.platform.supervisor import interrupt_on_sigterm, refuse_taken_port, run_workers


def main() -> None:
    """What `crm serve` does, without tables and content."""
    port = int(sys.argv[2])
    interrupt_on_sigterm()
    refuse_taken_port("127.0.0.1", port)
    with EmbeddedPostgres(Path(sys.argv[1]), durable=False) as server:
        os.environ["DATABASE_URL"] = server.url()
        run_workers(
            target="tests.integration.platform.stub_app:create_app",
            host="127.0.0.1",
            port=port,
            workers=1,
            announce=lambda: "ready",
        )


if __name__ == "__main__":
    try:
        main()
    except CrmError as error:
        print(error.message, flush=True)  # noqa: T201  (read by the test)
        sys.exit(1)
