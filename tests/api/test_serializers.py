import pytest
from rest_framework.serializers import ModelSerializer

from predictor.api.serializers import SubmissionOutput
from tests.support.samples import stored

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("claim", [None, 3, 10])
def test_a_submission_is_told_as_its_fields_describe_it(rf, claim):
    submission = stored(visitor_label=claim)
    serializer = SubmissionOutput(submission, context={"request": rf.get("/")})
    assert serializer.data == ModelSerializer.to_representation(serializer, submission)
    assert list(serializer.data) == list(serializer.fields)
