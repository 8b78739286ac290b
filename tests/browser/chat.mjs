// One conversation in a real browser: a streamed answer, a tool card, a second turn, and both again after a reload.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const { CHROMIUM, PAGE, SERVER, SHOTS, TOKEN, WAY } = process.env;
const DELIVERY = "주문 ORD-20261118-0001 배송은 어디까지 왔어?";
const NUMBER = "775134874101";
const SUM = "(12500+3000)*2는 얼마야?";

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1100, height: 900 }, locale: "ko-KR" });
const outside = [];
const failures = [];
page.on("request", (request) => {
  const host = new URL(request.url()).hostname;
  if (host && host !== "127.0.0.1" && !request.url().startsWith("data:")) outside.push(request.url());
});
page.on("pageerror", (error) => failures.push(String(error)));
page.on("response", (answer) => answer.status() >= 400 && failures.push(`${answer.status()} ${answer.url()}`));

const body = () => page.locator("body").innerText();
const shot = async (name) => page.screenshot({ path: `${SHOTS}/${WAY}-${name}.png` });
const rendered = async (text) => page.waitForFunction((wanted) => document.body.innerText.includes(wanted), text);

async function ask(text) {
  await page.getByPlaceholder("Type your message...").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

async function ended() {
  await page.getByRole("button", { name: "Send" }).waitFor();
}

// Lengths of the page's text while an answer comes: if it is streamed, they are many.
async function watched(action) {
  await page.evaluate(() => {
    window.lengths = new Set();
    new MutationObserver(() => window.lengths.add(document.body.innerText.length)).observe(document.body, {
      childList: true,
      subtree: true,
      characterData: true,
    });
  });
  await action();
  return page.evaluate(() => window.lengths.size);
}

try {
  if (TOKEN) await page.addInitScript((key) => window.localStorage.setItem("lg:chat:apiKey", key), TOKEN);
  await page.goto(`${PAGE}/?apiUrl=${encodeURIComponent(SERVER)}&assistantId=react`);
  await shot("1-empty");

  const steps = await watched(async () => {
    await ask(DELIVERY);
    await rendered(NUMBER);
    await ended();
  });
  assert.ok(steps > 4, `the answer came in ${steps} pieces`);
  const first = await body();
  assert.ok(first.includes("get_delivery_status"), "no card of the tool");
  assert.ok(first.includes("ORD-20261118-0001"), "no arguments in the card");
  await shot("2-answer");

  await ask(SUM);
  await rendered("31000");
  await ended();
  const second = await body();
  assert.ok(second.includes("calculate"), "no card of the second tool");
  assert.ok(second.includes(NUMBER), "the first answer is gone");
  await shot("3-second-turn");

  await page.reload();
  await rendered(NUMBER);
  await rendered("31000");
  const again = await body();
  assert.ok(again.includes("get_delivery_status") && again.includes("calculate"), "no cards after the reload");
  assert.ok(again.includes(DELIVERY) && again.includes(SUM), "no questions after the reload");
  await shot("4-after-reload");

  assert.deepEqual(failures, []);
  const known = outside.filter((url) => !/fonts\.(googleapis|gstatic)\.com/.test(url));
  assert.deepEqual(known, [], "something outside of this machine was asked for");
  console.log(`${WAY}: an answer in ${steps} pieces, 2 tool cards, 2 turns, the same after a reload`);
} catch (error) {
  await shot("failed");
  console.error(await body());
  throw error;
} finally {
  await browser.close();
}
