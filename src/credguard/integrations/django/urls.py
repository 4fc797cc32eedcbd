"""``path("credentials/", include("credguard.integrations.django.urls"))``."""

from django.urls import path

from credguard.integrations.django import views

app_name = "credguard"
urlpatterns = [
    path("reset-required/", views.reset_required, name="reset_required"),
    path("reset/", views.reset, name="reset"),
    path("reset-by-factor/", views.reset_by_factor, name="reset_by_factor"),
    path("second-step/", views.second_step, name="second_step"),
    path("second-factor/", views.second_factor, name="second_factor"),
    path("second-factor/confirm/", views.confirm_factor, name="confirm_factor"),
    path("second-factor/disable/", views.disable_factor, name="disable_factor"),
    path("sign-out/", views.sign_out, name="sign_out"),
]
