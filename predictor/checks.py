import json
from typing import Any

from django.core.checks import CheckMessage, Error, register


@register
def bundled_network(**kwargs: Any) -> list[CheckMessage]:
    """`migrate` registers the bundled version; it has to be there, and fit the code."""
    from ml.preprocessing import VERSION  # heavy, and most commands check nothing
    from ml.runtime import bundled

    try:
        metadata = json.loads((bundled() / "metadata.json").read_text())
    except (OSError, ValueError) as error:
        return [
            Error(
                f"The bundled network can't be read: {error}",
                hint="Take ml/artifacts from the repository again, or run make train.",
                id="predictor.E001",
            )
        ]
    if metadata["preprocessing"] == VERSION:
        return []
    return [
        Error(
            f"The bundled network was trained on preprocessing {metadata['preprocessing']},"
            f" and this code does {VERSION}.",
            hint="Run make train, so that it is trained on what it will see.",
            id="predictor.E002",
        )
    ]
