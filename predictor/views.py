from math import ceil
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from predictor import services
from predictor.forms import ClaimForm, HistoryForm, UploadForm
from predictor.identity import ensure_visitor, remember, visitor_of
from predictor.models import CLAIMS, DIGITS, Submission
from predictor.pagination import NewestFirst
from predictor.throttles import SubmitThrottle


def draw_page(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    context = {"labels": CLAIMS, "probabilities": [0] * DIGITS, "upload": form}
    response = render(request, "draw.html", context, status=status)
    # Before the first drawing: should its answer get lost, the second try is the same visitor's.
    remember(request, response, ensure_visitor(request))
    return response


def own_drawing(request: HttpRequest, pk: UUID) -> Submission:
    return get_object_or_404(Submission.objects.for_history(visitor_of(request)), pk=pk)


@require_safe
def draw(request: HttpRequest) -> HttpResponse:
    return draw_page(request, UploadForm())


def seconds_to_wait(request: HttpRequest) -> int:
    throttle = SubmitThrottle()
    allowed = throttle.allow_request(Request(request), view=None)
    return 0 if allowed else ceil(throttle.wait() or 1)


@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if seconds := seconds_to_wait(request):
        form.add_error("image", f"That was very fast. Wait {seconds} seconds, then try again.")
        response = draw_page(request, form, status=429)
        response["Retry-After"] = seconds
        return response
    visitor = ensure_visitor(request)
    submission = form.submit(visitor)
    if not submission:
        return draw_page(request, form, status=400)
    response = redirect(submission)
    remember(request, response, visitor)
    return response


@require_safe
@never_cache
def history(request: HttpRequest) -> HttpResponse:
    form = HistoryForm(request.GET)
    drawings = form.select(Submission.objects.for_history(visitor_of(request)))
    pages = NewestFirst()
    try:
        page = pages.paginate_queryset(drawings, Request(request))
    except NotFound as error:
        raise Http404 from error
    links = {"newer": pages.get_previous_link(), "older": pages.get_next_link()}
    return render(request, "history.html", {"form": form, "drawings": page, **links})


@require_safe
@never_cache
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    drawing = own_drawing(request, pk)
    return render(request, "detail.html", {"drawing": drawing, "labels": CLAIMS})


@require_POST
def claim(request: HttpRequest, pk: UUID) -> HttpResponse:
    drawing = own_drawing(request, pk)
    form = ClaimForm(request.POST)
    if not form.is_valid():
        raise BadRequest("Not a label")
    try:
        services.claim(drawing, form.cleaned_data["visitor_label"])
    except Submission.DoesNotExist as error:
        raise Http404 from error
    return redirect(drawing)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    drawing = own_drawing(request, pk)
    if request.method == "POST":
        services.erase(drawing)
        return redirect("predictor:history")
    return render(request, "delete.html", {"drawing": drawing})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def delete_all(request: HttpRequest) -> HttpResponse:
    drawings = Submission.objects.of(visitor_of(request))
    if request.method == "POST":
        services.erase_all(drawings)
        return redirect("predictor:history")
    return render(request, "delete_all.html", {"count": drawings.count()})
