"""The addresses of the site."""

from django.urls import path

from orders import views

urlpatterns = [
    path("orders", views.place_order),
    path("orders/<uuid:order_id>/confirmation", views.confirmation),
]
