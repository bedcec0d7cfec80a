"""The test bench itself: complaints are caught; every page works under its own content policy."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Complaints, settled
from tests.kept_pages import KeptPages
from tests.pages.compose import open_compose, press, redrawn


def test_complaints_are_caught_and_can_be_allowed(browser, server_url):
    context = browser.new_context(base_url=server_url)
    complaints = Complaints(context, server_url)
    page = context.new_page()
    page.goto("/healthz")
    with page.expect_event("requestfailed"):
        page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://other.invalid/x.png'}))")
    with page.expect_console_message(lambda message: message.text.startswith("policy violation")):
        page.evaluate("setTimeout(() => { try { new Function('return 1')() } catch (error) {} })")
    with page.expect_event("pageerror"):
        page.evaluate("console.error('spoken'); setTimeout(() => { throw new Error('thrown') })")
    page.wait_for_function("() => fetch('/missing').then(reply => reply.status >= 400 || reply.ok)")
    found = "\n".join(complaints.remaining())
    assert "spoken" in found
    assert "thrown" in found
    assert "policy violation: script-src eval" in found
    assert "Content Security Policy" in found or "other.invalid" in found
    policy = ("Content Security Policy", "policy violation")
    for text in ("spoken", "thrown", "other.invalid", "missing", "Failed to load", *policy):
        complaints.allow(text)
    assert complaints.remaining() == []
    context.close()


@pytest.mark.own_page
def test_a_server_that_does_not_answer_is_told_until_it_does(page: Page):
    open_compose(page)
    settled(page)
    ask = "() => fetch('/_dash-update-component', {method: 'POST', body: '{}'}).catch(() => 0)"
    line = page.locator("#unanswered")
    expect(line).to_be_hidden()
    page.complaints.allow("_dash-update-component")
    page.complaints.allow("Failed to load")
    page.route("**/_dash-update-component", lambda route: route.abort())
    page.evaluate(ask)
    expect(line).to_be_hidden()
    page.evaluate(ask)
    expect(line).to_have_text(re.compile("The server does not answer"))
    page.unroute("**/_dash-update-component")
    page.evaluate(ask)
    expect(line).to_be_hidden()


def leave_traces(page: Page) -> None:
    page.evaluate(
        """() => {
            localStorage.setItem("mantine-color-scheme-value", "dark");
            sessionStorage.setItem("a", "b");
            document.cookie = "a=b";
            window.name = "a";
            window.left = true;
            document.body.style.margin = "99px";
            document.addEventListener("mousemove", () => { window.moved = true; });
            return new Promise((done, failed) => {
                const opened = indexedDB.open("a");
                Object.assign(opened, { onsuccess: () => { opened.result.close(); done(); }, onerror: failed });
            });
        }"""
    )


def traces(page: Page) -> list:
    return page.evaluate(
        """async () => [
            localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length,
            window.name, window.left ?? null, window.moved ?? null, document.body.style.margin, history.length,
            matchMedia("(prefers-color-scheme: dark)").matches, Boolean(document.querySelector("main :hover")),
        ]"""
    )


def test_a_kept_page_is_as_a_new_one(browser, server_url):
    kept = KeptPages(browser, server_url)
    found = []
    for _ in range(2):
        with kept.lent({}) as page:
            page.goto("/methods")
            found.append((traces(page), {cookie["name"] for cookie in page.context.cookies()}))
            leave_traces(page)
            page.complaints.allow("spoken")
            with page.expect_popup():
                page.evaluate("() => { console.error('spoken'); open('/healthz'); }")
            page.mouse.move(640, 450)
    assert found[1] == found[0]
    with kept.lent({"color_scheme": "dark"}) as other:
        assert other is page
        assert other.context.pages == [other]
        assert other.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        assert other.complaints.remaining() == []
    with kept.lent({"is_mobile": True}) as other:
        assert other is not page
    kept.close()


def test_a_kept_page_refuses_what_would_outlive_a_test_and_is_not_kept_after_a_failure(browser, server_url):
    kept = KeptPages(browser, server_url)
    with pytest.raises(RuntimeError, match="own_page"), kept.lent({}) as page:
        page.route("**", lambda route: route.abort())
    with kept.lent({}) as other:
        assert other is not page
        with pytest.raises(RuntimeError, match="own_page"):
            other.context.add_init_script("1")
    kept.close()


def test_3d_library_draws(page):
    page.goto("/")
    page.locator("main h1").wait_for()
    page.add_script_tag(url="/assets/vendor/3Dmol-min.js")
    page.evaluate(
        """() => {
            const box = document.createElement("div");
            box.style.cssText = "position: fixed; inset: 99px auto auto 99px; width: 200px; height: 200px";
            document.body.append(box);
            const viewer = $3Dmol.createViewer(box, { backgroundColor: "white" });
            viewer.addSphere({ center: { x: 0, y: 0, z: 0 }, radius: 2, color: "red" });
            viewer.zoomTo();
            viewer.render();
            window.picture = viewer.pngURI();
        }"""
    )
    expect(page.locator("canvas")).to_have_count(1)
    red = page.evaluate(
        """async () => {
            const image = new Image();
            image.src = window.picture;
            await image.decode();
            const canvas = document.createElement("canvas");
            Object.assign(canvas, { width: image.width, height: image.height });
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0);
            const [r, g, b] = context.getImageData(image.width / 2, image.height / 2, 1, 1).data;
            return r > 1.5 * g && r > 1.5 * b;
        }"""
    )
    assert red


def save(page: Page, button: str) -> None:
    with page.expect_download():
        page.get_by_role("button", name=button, exact=True).click()


def use_compose(page: Page) -> None:
    open_compose(page)
    with redrawn(page):
        press(page, "n-si", "ArrowRight")
    thumb = page.locator("#compose-n-ge [role=slider]").bounding_box()
    page.mouse.move(thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2)
    page.mouse.down()
    page.mouse.move(thumb["x"] + 60, thumb["y"], steps=5)
    with redrawn(page):
        page.mouse.up()
    page.wait_for_function("() => Number(document.getElementById('compose-scene-view').dataset.atoms) > 0")
    for kind in ("PNG", "SVG", "CSV"):
        save(page, kind)


def use_interpret(page: Page) -> None:
    page.goto("/interpret?example=sharp")
    expect(page.locator("#interpret-verdict")).to_contain_text("are known")
    page.locator("#interpret-background").click()
    page.get_by_role("option", name="Shirley").click()
    page.get_by_role("radiogroup", name="Picture").get_by_text("Why strain", exact=True).click()
    settled(page)
    for kind in ("JSON", "Report"):
        save(page, kind)


def use_home(page: Page) -> None:
    page.goto("/")
    settled(page)
    for link in ("Compose", "Compare", "Interpret", "Loop", "Methods"):
        page.get_by_role("navigation").get_by_role("link", name=link).click()
        settled(page)


def open_methods(page: Page) -> None:
    page.goto("/methods")
    settled(page)


def open_loop(page: Page) -> None:
    page.goto("/loop")
    settled(page)


@pytest.mark.own_page
@pytest.mark.parametrize("use", [use_home, use_compose, use_interpret, open_loop, open_methods])
def test_pages_work_under_their_content_policy(page: Page, use):
    use(page)
    assert page.complaints.remaining() == []
