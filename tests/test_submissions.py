from functools import partial
from uuid import uuid4

import pytest

from ml.decoding import EmptyDrawing
from predictor import erasure, submissions
from predictor.models import Submission
from predictor.registry import serving
from tests.support.concurrency import all_at_once
from tests.support.samples import png, stored

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)


@at_once
def test_of_many_with_one_id_only_the_first_is_stored():
    visitor, id = uuid4(), uuid4()
    send = partial(submissions.submit, serving.network(), visitor=visitor, id=id, image=png())
    answers = all_at_once(*[send] * 6)
    assert sorted(created for _, created in answers) == [False] * 5 + [True]
    assert {submission.pk for submission, _ in answers} == {id}
    assert Submission.objects.count() == 1


@at_once
def test_of_two_visitors_with_one_id_one_is_told_to_take_another():
    id = uuid4()
    send = partial(submissions.submit, serving.network(), id=id, image=png())
    answers = all_at_once(*[partial(send, visitor=uuid4()) for _ in range(2)])
    assert {type(answer) for answer in answers} == {tuple, submissions.IdTaken}


def test_what_is_sent_again_is_not_read_again():
    visitor, id = uuid4(), uuid4()
    first, _ = submissions.submit(serving.network(), visitor=visitor, id=id, image=png())
    again = submissions.submit(serving.network(), visitor=visitor, id=id, image=b"unreadable")
    assert again == (first, False)


def test_a_drawing_that_cannot_be_read_is_not_stored():
    white = png([])
    with pytest.raises(EmptyDrawing):
        submissions.submit(serving.network(), visitor=uuid4(), image=white)
    assert not Submission.objects.exists()


def test_a_visitors_label_of_what_was_erased_meanwhile_is_refused():
    submission = stored()
    submissions.set_visitor_label(submission, 3)
    assert Submission.objects.get().visitor_label == 3
    erasure.erase(submission)
    with pytest.raises(Submission.DoesNotExist):
        submissions.set_visitor_label(submission, 4)
