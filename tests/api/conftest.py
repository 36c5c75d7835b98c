import json

import pytest

from predictor.models import Submission


@pytest.fixture
def refused(client):
    """Checks that a request was refused in JSON with this status, and nothing was kept."""

    def check(response, status):
        assert response.status_code == status, response.content
        answer = json.loads(response.content)
        assert answer and answer != {"detail": ""}
        assert b"Traceback" not in response.content
        return answer

    yield check
    assert not Submission.objects.exists()
