"""Signs of life."""

import pytest
from django.test import Client


@pytest.mark.django_db
def test_alive_ready_and_figures():
    client = Client()
    assert client.get("/health/live").json() == {"status": "alive"}
    assert client.get("/health/ready").json()["status"] == "ready"
    figures = client.get("/metrics").content.decode()
    assert "lanh_jobs_waiting 0.0" in figures
    assert 'django_http_responses_total_by_status_view_method_total{method="GET",status="200"' in figures


@pytest.mark.django_db
def test_the_contract_is_browsable_without_the_internet():
    page = Client().get("/api/docs/")
    assert page.status_code == 200
    assert "https://" not in page.content.decode()


@pytest.mark.django_db
def test_figures_are_for_who_brings_the_token(settings):
    settings.METRICS_TOKEN = "a-long-token"
    assert Client().get("/metrics").status_code == 404
    assert Client().get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert Client().get("/metrics", headers={"Authorization": "Bearer a-long-token"}).status_code == 200
    settings.METRICS_TOKEN, settings.PRODUCTION = "", True
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
