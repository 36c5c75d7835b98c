import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

from predictor.api.limits import TOO_DEEP, check_json

HALF = _("A text in this JSON holds half of a character, such as \\ud800.")


class StrictJSONParser(JSONParser):
    """JSON in UTF-8, with or without a byte order mark, and only what can be said again."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            body = stream.read()
            text = body.decode("utf-8-sig")
            check_json(body)
            data = json.loads(text, parse_constant=refuse_number)
            if "\\u" in text:
                refuse_halves(data)
        except UnicodeDecodeError:
            raise ParseError(_("This JSON is not text in UTF-8.")) from None
        except json.JSONDecodeError as error:
            text = gettext(
                "This is not JSON; reading it ended at line %(line)s, column %(column)s."
            )
            raise ParseError(text % {"line": error.lineno, "column": error.colno}) from None
        except RecursionError:
            raise ParseError(TOO_DEEP) from None
        except ValueError:
            raise ParseError(_("A number in this JSON has too many digits.")) from None
        return data


def refuse_number(name: str) -> NoReturn:
    raise ParseError(gettext("%(name)s is not a number in JSON.") % {"name": name})


def refuse_halves(data: Any) -> None:
    """No database stores half of a surrogate pair, and no answer can quote it."""
    if is_whole(data):
        return
    if isinstance(data, dict) and is_whole(list(data)):
        raise ValidationError({name: [HALF] for name, part in data.items() if not is_whole(part)})
    raise ParseError(HALF)


def is_whole(data: Any) -> bool:
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True
