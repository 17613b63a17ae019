import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { renderReport } from "../../../src/evidence/report/render.ts";
import { madeUpStatement } from "../privacy-fixture.ts";
import { madeUpInput } from "./fixture.ts";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const skip = executablePath ? false : "no Chromium on this machine";
const switches =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

let browser: Browser;
let folder: string;
let address: string;

before(async () => {
  if (!executablePath) return;
  folder = mkdtempSync(join(tmpdir(), "report-"));
  const file = join(folder, "report.html");
  writeFileSync(
    file,
    await renderReport({ ...madeUpInput({ verdict: "refuse", columns: 70, rows: 800 }), privacy: madeUpStatement() }),
  );
  address = pathToFileURL(file).href;
  browser = await chromium.launch({ executablePath, args: switches.split(" ") });
});

after(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

async function open(options: {
  width: number;
  colorScheme?: "light" | "dark";
}): Promise<{ page: Page; said: string[] }> {
  const page = await browser.newPage({
    viewport: { width: options.width, height: 800 },
    colorScheme: options.colorScheme ?? "light",
  });
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  page.on("request", (request) => {
    if (request.url() !== address && !request.url().startsWith("data:")) said.push(`request: ${request.url()}`);
  });
  await page.goto(address);
  return { page, said };
}

test("the page asks for nothing, says nothing on the console, and never scrolls sideways", { skip }, async () => {
  for (const width of [360, 390, 1280]) {
    const { page, said } = await open({ width });
    await page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true");
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
    assert.deepEqual(said, []);
    await page.close();
  }
});

test("the theme button goes through automatic, light and dark; the column search narrows; the map reads out", {
  skip,
}, async () => {
  const { page, said } = await open({ width: 1280, colorScheme: "dark" });
  const background = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
  const dark = await background();
  await page.click("#theme");
  const light = await background();
  assert.notEqual(light, dark);
  await page.click("#theme");
  assert.equal(await background(), dark);
  await page.click("#theme");
  assert.equal(await page.textContent("#theme span"), "automatic");
  await page.fill(".finder input", "surv6");
  assert.equal(await page.locator(".card:visible").count(), 1);
  await page.fill(".finder input", "");
  assert.equal(await page.locator(".card").count(), 70);
  await page.locator(".wide-square svg").scrollIntoViewIfNeeded();
  const box = await page.locator(".wide-square svg").boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.2);
  assert.match((await page.textContent(".readout")) ?? "", / × .*: real [\d.]+, synthetic [\d.]+, difference [−\d.]+/);
  assert.deepEqual(said, []);
  await page.close();
});

test("keyboard: the first stop skips to the decision, and every stop shows its focus", { skip }, async () => {
  const { page } = await open({ width: 1280 });
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.className"), "skip");
  for (let i = 0; i < 12; i++) {
    const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
    assert.notEqual(outline, "none");
    await page.keyboard.press("Tab");
  }
  await page.close();
});

test("plots have names, tables have headers, controls have labels", { skip }, async () => {
  const { page } = await open({ width: 1280 });
  const wrong = (await page.evaluate(`[
    ...[...document.querySelectorAll('svg')].filter((svg) =>
      !svg.closest('[aria-hidden="true"]') && !(svg.getAttribute('role') === 'img' && svg.getAttribute('aria-label'))),
    ...[...document.querySelectorAll('[role=img], [role=region]')].filter((node) => !node.getAttribute('aria-label')),
    ...[...document.querySelectorAll('table')].filter((table) => !table.caption || table.querySelectorAll('th[scope=col]').length === 0),
    ...[...document.querySelectorAll('th:not([scope])')],
    ...[...document.querySelectorAll('input')].filter((input) => input.labels.length === 0),
    ...[...document.querySelectorAll('section')].filter((section) => !document.getElementById(section.getAttribute('aria-labelledby'))),
  ].map((node) => node.outerHTML.slice(0, 120))`)) as string[];
  assert.deepEqual(wrong, []);
  assert.equal(await page.locator("h1").count(), 1);
  assert.equal(await page.locator("main").count(), 1);
  assert.equal(await page.getAttribute("html", "lang"), "en");
  await page.close();
});

test("text stands out from its ground by 4.5 to 1 in both themes", { skip }, async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const { page } = await open({ width: 1280, colorScheme });
    const faint = (await page.evaluate(`(() => {
      const luminance = (text) => {
        const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = (node) => {
        for (let at = node; at; at = at.parentElement) {
          const colour = getComputedStyle(at).backgroundColor;
          if (!/, 0\\)$|transparent/.test(colour)) return colour;
        }
        return 'rgb(255, 255, 255)';
      };
      const found = new Set();
      for (const node of document.querySelectorAll('body *')) {
        if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()) || ['SCRIPT', 'STYLE'].includes(node.tagName)) continue;
        const style = getComputedStyle(node);
        const colour = node.namespaceURI.endsWith('svg') ? style.fill : style.color;
        const [a, b] = [luminance(colour), luminance(ground(node))].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5) found.add(node.tagName + '.' + node.getAttribute('class') + ' ' + colour + ' on ' + ground(node));
      }
      return [...found];
    })()`)) as string[];
    assert.deepEqual(faint, [], colorScheme);
    await page.close();
  }
});

test("on paper the page is light, without buttons, and shows every drawn column", { skip }, async () => {
  const { page } = await open({ width: 1280, colorScheme: "dark" });
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)");
  assert.equal(await page.locator("#theme:visible").count(), 0);
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  assert.equal(await page.locator(".card:visible").count(), 70);
  await page.close();
});
