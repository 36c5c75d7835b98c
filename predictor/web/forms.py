from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from ml.decoding import DrawingError
from predictor import submissions
from predictor.api.pagination import NewestFirst
from predictor.models import VISITOR_LABELS, Submission, SubmissionQuerySet
from predictor.registry import serving
from predictor.submissions import sentence_of
from predictor.web.history import OUTCOMES, Overview


class UploadForm(forms.Form):
    image = forms.FileField(
        label=_("A picture of one digit"),
        help_text=_("PNG, JPEG, WebP, GIF or BMP, at most 16 MB."),
        widget=forms.FileInput(
            attrs={"accept": "image/png,image/jpeg,image/webp,image/gif,image/bmp"}
        ),
    )

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, error)
        # Keyboards and screen readers begin where something is wrong.
        self.fields["image"].widget.attrs["autofocus"] = True

    def submit(self, visitor: UUID) -> Submission | None:
        if not self.is_valid():
            return None
        try:
            image = self.cleaned_data["image"].read()
            return submissions.submit(serving.network(), visitor=visitor, image=image)[0]
        except DrawingError as error:
            self.add_error("image", sentence_of(error))
            return None


class VisitorLabelForm(forms.Form):
    visitor_label = forms.TypedChoiceField(
        choices=VISITOR_LABELS, coerce=int, required=False, empty_value=None
    )


class IdsField(forms.Field):
    """As many ids as a page shows."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[UUID]:
        texts = value or []
        if len(texts) > NewestFirst.page_size:
            raise forms.ValidationError(_("These are too many."))
        try:
            return [UUID(text) for text in texts]
        except ValueError:
            raise forms.ValidationError(_("This is not an id.")) from None


class SelectionForm(forms.Form):
    drawing = IdsField(required=False)
    confirmed = forms.BooleanField(required=False)


class HistoryForm(forms.Form):
    """What makes no sense selects nothing out."""

    digit = forms.TypedChoiceField(
        choices=VISITOR_LABELS, coerce=int, required=False, empty_value=None
    )
    outcome = forms.ChoiceField(choices=list(OUTCOMES.items()), required=False)

    def overview(self, drawings: SubmissionQuerySet) -> Overview:
        self.is_valid()
        return Overview.of(
            drawings, self.cleaned_data.get("digit"), self.cleaned_data.get("outcome", "")
        )

    def select(self, drawings: SubmissionQuerySet) -> SubmissionQuerySet:
        self.is_valid()
        digit, outcome = self.cleaned_data.get("digit"), self.cleaned_data.get("outcome")
        if digit is not None:
            drawings = drawings.thought_to_be(digit)
        if outcome == "right":
            return drawings.agreeing()
        if outcome == "wrong":
            return drawings.disagreeing()
        return drawings.unclaimed() if outcome == "unsaid" else drawings
