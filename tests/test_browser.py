"""The test bench itself: complaints are caught, and the 3D library draws under the page's own policy."""

from playwright.sync_api import expect

from tests.browser import Complaints


def test_complaints_are_caught_and_can_be_allowed(browser, server_url):
    context = browser.new_context(base_url=server_url)
    complaints = Complaints(context, server_url)
    page = context.new_page()
    page.goto("/healthz")
    with page.expect_event("requestfailed"):
        page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://other.invalid/x.png'}))")
    with page.expect_event("pageerror"):
        page.evaluate("console.error('spoken'); setTimeout(() => { throw new Error('thrown') })")
    page.wait_for_function("fetch('/missing').then(reply => reply.status >= 400 || reply.ok)")
    found = "\n".join(complaints.remaining())
    assert "spoken" in found
    assert "thrown" in found
    assert "Content Security Policy" in found or "other.invalid" in found
    for text in ("spoken", "thrown", "other.invalid", "missing", "Content Security Policy", "Failed to load"):
        complaints.allow(text)
    assert complaints.remaining() == []
    context.close()


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
