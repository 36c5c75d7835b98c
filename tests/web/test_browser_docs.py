def test_the_api_page_shows_the_calls_with_nothing_from_elsewhere(page, live_server):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/docs/")
    page.get_by_text("/api/v1/predict/", exact=True).wait_for()
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []


def test_the_page_of_django_admin_works_under_the_policy(page, admin_user):
    page.goto("/admin/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Log in").click()
    page.goto("/admin/auth/group/add/")
    page.get_by_label("Name").fill("Helpers")
    page.get_by_role("button", name="Choose all").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was added successfully").wait_for()
