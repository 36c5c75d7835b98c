import io
from wsgiref.util import setup_testing_defaults

import pytest

from digitsite.wsgi import application

pytestmark = pytest.mark.django_db(transaction=True)  # the handler closes connections
JSON, FORM = "application/json", "multipart/form-data; boundary=x"


def status(method: str, content_type: str, body: bytes) -> int:
    environ = {
        "HTTP_HOST": "localhost",
        "REQUEST_METHOD": method,
        "PATH_INFO": "/api/v1/submissions/",
        "QUERY_STRING": "cursor=%ff",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    answers = []
    b"".join(application(environ, lambda line, headers: answers.append(int(line.split()[0]))))
    return answers[0]


@pytest.mark.parametrize("charset", ["utf-8", "zlib", "hex", "rot13", "idna", "utf-16", "x", "\0"])
@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_no_charset_makes_it_fail(content_type, charset):
    content_type += f"; Charset={charset}"
    assert status("GET", content_type, b"") == 404  # it is not a cursor
    assert status("POST", content_type, b'{"image": "\xff"}') == 400
