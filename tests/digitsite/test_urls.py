import re


def test_pages_without_an_icon_of_their_own_get_the_sites(client):
    response = client.get("/favicon.ico")
    assert response.status_code == 302
    assert re.fullmatch(r"/static/img/icon\.[0-9a-f]{12}\.svg", response["Location"])
    assert client.get(response["Location"]).status_code == 200
