"""Labels in the admin's list of drawings: their columns, and the form that changes one.

Made without Django's templates and look-ups for each row, which took most of a list's time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.db.models import Field
from django.forms.utils import ErrorList, flatatt
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from predictor.models import Label, Submission
from predictor.review import queue

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def name_of(label: int | None) -> str | None:
    return names(get_language() or "").get(label)


@cache
def names(language: str) -> dict[int | None, str]:
    """Names of labels in a language, which is the active one."""
    return {value: str(name) for value, name in Label.choices}


@cache
def options(language: str) -> list[tuple[str, str]]:
    """Values and names of labels, as HTML has them."""
    return [
        (str(value), escape(name)) for value, name in [("", _("none")), *names(language).items()]
    ]


def column_of(name: str) -> Callable[[Submission], Any]:
    """A column of names of labels, which Django would look up a hundred times as slowly."""

    @admin.display(description=cast(Field, Submission._meta.get_field(name)).verbose_name)
    def show(submission: Submission) -> str | None:
        return name_of(getattr(submission, name))

    show.__name__ = name
    return show


class LabelSelect(forms.Select):
    """Made without a template for each option: in a list that took most of the time."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        html = [
            f'<option value="{each}"{" selected" if each == chosen else ""}>{text}</option>'
            for each, text in options(get_language() or "")
        ]
        start = format_html(
            '<select name="{}"{}>', name, flatatt(self.build_attrs(self.attrs, attrs))
        )
        return mark_safe(f"{start}{''.join(html)}</select>")  # noqa: S308  escaped


class PlainHiddenInput(forms.HiddenInput):
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        value = "" if value is None else value
        html = '<input type="hidden" name="{}" value="{}"{}>'
        return format_html(html, name, value, flatatt(attrs or {}))


class PlainErrorList(ErrorList):
    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        return super().render(*args, **kwargs) if self else SafeString()


class LabelForm(forms.ModelForm):
    # With what the page showed when it was loaded, to see whether somebody was faster.
    label = forms.TypedChoiceField(
        label=_("Label"),
        choices=[("", _("none")), *Label.choices],
        coerce=int,
        empty_value=None,
        required=False,
        show_hidden_initial=True,
        widget=LabelSelect(attrs={"aria-label": _("Label")}),
    )
    label.hidden_widget = PlainHiddenInput

    class Meta:
        model = Submission
        fields = ("label",)
        widgets: ClassVar = {"id": PlainHiddenInput}

    reviewer: User  # who sends it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"error_class": PlainErrorList})

    def clean(self) -> None:
        """Without super: the database holds the constraints, and asking it for each is slow."""
        if "label" not in self.changed_data:
            return
        stored = Submission.objects.select_for_update().only("label")
        now = stored.filter(pk=self.instance.pk).first()
        if now is None:
            self.add_error("label", gettext("This drawing was erased meanwhile."))
        # What it shall be it may be already: the same form may be sent twice.
        elif now.label not in (self._seen(), self.cleaned_data.get("label")):
            said = queue.conflict(now, self.reviewer)
            again = gettext("Load the page again before you change it.")
            self.add_error("label", f"{said} {again}")

    def _seen(self) -> int | None:
        shown = self.data.get(self.add_initial_prefix("label"), self.instance.label)
        label: int | None = self.fields["label"].clean(shown)
        return label
