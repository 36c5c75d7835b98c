import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

# Of the request that this thread is busy with.
request_id: ContextVar[str] = ContextVar("request_id", default="")
encoder = json.JSONEncoder(ensure_ascii=False)


class JSONFormatter(logging.Formatter):
    """One object a line, also of what has several: whoever reads logs reads lines."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if of := request_id.get():
            said["request_id"] = of
        said |= getattr(record, "facts", {})
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return encoder.encode(said)
