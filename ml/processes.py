"""What other processes do at their start. It imports no Keras, as they would then too."""

import os
from multiprocessing import parent_process
from threading import Thread


def exit_with_parent() -> None:
    """Have this process end as soon as its parent does: one that is killed can't tell it to."""

    def wait() -> None:
        parent = parent_process()
        if parent:
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()
