import pytest
from django.contrib.auth.models import User

from predictor import erasure
from predictor.models import TrainingSample
from predictor.registry import evaluation
from tests.support.admin import LIST, NETWORKS
from tests.support.networks import reviewed
from tests.support.samples import labelled, stored


@pytest.fixture
def pages(good, bad, data) -> list[str]:
    uta = User.objects.create(username="uta")
    drawing, other = stored(visitor_label=3), stored(visitor_label=7)
    labelled(drawing, 3, uta)
    reviewed(good, [1] * 6)
    TrainingSample.objects.create(model_version=bad, submission_id=drawing.pk, role="trained")
    erasure.erase(stored())
    comparison = evaluation.compare(bad, good, data)
    paths = ["", "dashboard/", "review/", "review/grid/7/", "review/grid/0/"]
    paths += [f"{row.pk}/{page}/" for row in (drawing, other) for page in ("change", "history")]
    networks = ["", "bad/change/", "bad/activate/", f"{good.pk}/activate/"]
    return [
        *(LIST + path for path in paths),
        *(NETWORKS + path for path in networks),
        comparison.get_absolute_url(),
        *(f"/admin/predictor/{path}" for path in ("", "trainingsample/", "tombstone/")),
        *(f"/admin/{path}" for path in ("", "password_change/", "auth/user/", "auth/group/")),
    ]
