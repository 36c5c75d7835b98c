from collections.abc import Callable
from math import ceil
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_cookie
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

from predictor import erasure, submissions
from predictor.api.pagination import NewestFirst
from predictor.api.throttling import DownloadThrottle, SubmitThrottle, Throttle
from predictor.models import DIGITS, VISITOR_LABELS, Submission
from predictor.registry import publishing, serving
from predictor.visitor import ensure_visitor, remember, visitor_of
from predictor.web import archive, explanation
from predictor.web.forms import HistoryForm, SelectionForm, UploadForm, VisitorLabelForm
from predictor.web.history import by_day, zone_of

View = Callable[..., HttpResponseBase]

YEAR = 365 * 24 * 3600  # seconds


def personal(view: View) -> View:
    """Keep what depends on a visitor's cookie, or gives one, out of every cache on the way."""
    return cache_control(private=True, no_store=True)(vary_on_cookie(view))


def form_page(
    request: HttpRequest, template: str, form: UploadForm, status: int = 200
) -> HttpResponse:
    context = {"labels": VISITOR_LABELS, "probabilities": [0] * len(DIGITS), "upload": form}
    response = render(request, template, context, status=status)
    # Before the first drawing: should its answer get lost, the second try is the same visitor's.
    remember(request, response, ensure_visitor(request))
    return response


def own_drawing(request: HttpRequest, pk: UUID) -> Submission:
    own = Submission.objects.for_history(visitor_of(request)).with_ink()
    return get_object_or_404(own, pk=pk)


@personal
@require_safe
def draw(request: HttpRequest) -> HttpResponse:
    return form_page(request, "draw.html", UploadForm())


@personal
@require_safe
def ten(request: HttpRequest) -> HttpResponse:
    response = render(request, "ten.html")
    remember(request, response, ensure_visitor(request))  # before the first drawing, as above
    return response


@require_safe
def active_network(request: HttpRequest) -> HttpResponse:
    """Lead to what the browser needs to read by itself."""
    return redirect("predictor:weights", serving.network().version)


@require_safe
@cache_control(public=True, max_age=YEAR, immutable=True)
def weights(request: HttpRequest, version: str) -> HttpResponse:
    try:
        packed = publishing.weights(version)
    except publishing.NotPublished as error:
        raise Http404 from error
    return HttpResponse(packed, content_type="application/octet-stream")


def seconds_to_wait(request: HttpRequest, throttle: Throttle) -> int:
    allowed = throttle.allow_request(Request(request), APIView())
    return 0 if allowed else ceil(throttle.wait())


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return form_page(request, "upload.html", UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if seconds := seconds_to_wait(request, SubmitThrottle()):
        sentence = ngettext(
            "The site is busy. Send it again in %(seconds)s second.",
            "The site is busy. Send it again in %(seconds)s seconds.",
            seconds,
        )
        form.add_error("image", sentence % {"seconds": seconds})
        response = form_page(request, "upload.html", form, status=429)
        response["Retry-After"] = seconds
        return response
    visitor = ensure_visitor(request)
    submission = form.submit(visitor)
    if not submission:
        return form_page(request, "upload.html", form, status=400)
    response = redirect(submission)
    remember(request, response, visitor)
    return response


@personal
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    form = HistoryForm(request.GET)
    own = Submission.objects.for_history(visitor_of(request))
    pages = NewestFirst()
    try:
        drawings = pages.paginate_queryset(form.select(own.with_ink()), Request(request))
    except NotFound as error:
        raise Http404 from error
    with timezone.override(zone_of(request)):
        context = {
            "overview": form.overview(own),
            "days": by_day(drawings or []),
            "newer": pages.get_previous_link(),
            "older": pages.get_next_link(),
        }
        return render(request, "history.html", context)


@personal
@require_safe
def download(request: HttpRequest) -> HttpResponseBase:
    """Send all that the visitor has drawn, and what became of it, as a zip file."""
    if seconds := seconds_to_wait(request, DownloadThrottle()):
        sentence = ngettext(
            "The site is busy. Download it again in %(seconds)s second.",
            "The site is busy. Download it again in %(seconds)s seconds.",
            seconds,
        )
        context = {"sentence": sentence % {"seconds": seconds}}
        response = render(request, "busy.html", context, status=429)
        response["Retry-After"] = seconds
        return response
    file = archive.write(Submission.objects.of(visitor_of(request)))
    return FileResponse(file, as_attachment=True, filename="my-drawings.zip")


@personal
@require_safe
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    drawing = own_drawing(request, pk)
    own = Submission.objects.of(drawing.visitor).only("pk")
    context = {
        "drawing": drawing,
        "labels": VISITOR_LABELS,
        "newer": own.newer_than(drawing).first(),
        "older": own.older_than(drawing).first(),
    }
    return render(request, "detail.html", context)


@personal
@require_safe
def explain(request: HttpRequest, pk: UUID) -> HttpResponse:
    drawing = get_object_or_404(Submission.objects.of(visitor_of(request)), pk=pk)
    reader, active = explanation.networks(drawing)
    context = {
        "drawing": drawing,
        "explanation": explanation.explain(drawing),
        "network": reader.metadata,
        "active": active,
        "figures": explanation.figures(active) if active else [],
    }
    return render(request, "explain.html", context)


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def visitor_label(request: HttpRequest, pk: UUID) -> HttpResponse:
    drawing = own_drawing(request, pk)
    if request.method != "POST":
        return redirect(drawing)  # whoever comes back to where the form was sent
    form = VisitorLabelForm(request.POST)
    if not form.is_valid():
        raise BadRequest("Not a label")
    try:
        submissions.set_visitor_label(drawing, form.cleaned_data["visitor_label"])
    except Submission.DoesNotExist as error:
        raise Http404 from error
    return redirect(drawing)


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    drawing = own_drawing(request, pk)
    if request.method == "POST":
        erasure.erase(drawing)
        return redirect("predictor:history")
    return render(request, "delete.html", {"drawing": drawing})


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def delete_selected(request: HttpRequest) -> HttpResponse:
    """Ask first, unless it is confirmed. They go all at once, or stay."""
    if request.method != "POST":
        return redirect("predictor:history")  # whoever comes back to where the form was sent
    form = SelectionForm(request.POST)
    if not form.is_valid():
        raise BadRequest("Not a selection")
    own = Submission.objects.for_history(visitor_of(request))
    drawings = own.filter(pk__in=form.cleaned_data["drawing"])
    if form.cleaned_data["confirmed"]:
        erasure.erase_all(drawings)
        return redirect("predictor:history")
    return render(request, "delete_selected.html", {"drawings": drawings.with_ink()})


@personal
@require_http_methods(["GET", "HEAD", "POST"])
def delete_all(request: HttpRequest) -> HttpResponse:
    drawings = Submission.objects.of(visitor_of(request))
    if request.method == "POST":
        erasure.erase_all(drawings)
        return redirect("predictor:history")
    return render(request, "delete_all.html", {"count": drawings.count()})
