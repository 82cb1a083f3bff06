// Drives a browser for browser.py: a line of JSON in, a line of JSON out, one after the other. What is asked has a
// `number`, which its answer repeats.
//
//   {"open": PAGE, "options": {…}}        a new page in a context of its own (Playwright's newContext())
//   {"run": PAGE, "code": …, "arg": …}    runs the code as the body of an async function of `page`, `context`, `arg`,
//                                         `role(role, name)`, `label(name)`, `until(condition, what)`, `axe()`, `errors`;
//                                         with "inside": ROLE, roles and labels are looked for in what has that role
//   {"close": true}
//
// Answers are {"number": …, "value": …} or {"number": …, "error": …}; the first, without a number, says that the
// browser is there. NODE_PATH names what package-lock.json lists.
'use strict';

const fs = require('fs');
const readline = require('readline');
const { chromium } = require('playwright-core');

const axeSource = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const AsyncFunction = (async () => {}).constructor;
const kPatience = 15000; // milliseconds, for what a person would wait for: the daemons are slowed by sanitizers

/** Waits until `condition()` gives something that is true, and returns it. */
async function until(condition, what, patience = kPatience) {
  const deadline = Date.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`not within ${patience / 1000} s: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

class Tab {
  constructor(context, page) {
    this.context = context;
    this.page = page;
    this.errors = [];
    this.watch(page);
    context.on('page', (other) => this.watch(other));
  }

  watch(page) {
    if (page.watched) return;
    page.watched = true;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        this.errors.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    page.on('pageerror', (error) => this.errors.push(`exception: ${error.stack}`));
  }

  run({ code, arg, inside }) {
    const { page, context } = this;
    const root = inside ? page.getByRole(inside) : page;
    // A name that is a regular expression comes as {re: "^Pin .*demo"}.
    const text = (name) => (name.re ? new RegExp(name.re, 'i') : name);
    const role = (kind, name) => root.getByRole(kind, name ? { name: text(name), exact: true } : {});
    const label = (name) => root.getByLabel(text(name), { exact: true });
    const axe = async () => {
      await page.evaluate(axeSource);
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      return violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary}`).join('; ')}`);
    };
    return new AsyncFunction('page', 'context', 'arg', 'role', 'label', 'until', 'axe', 'errors', code)(
      page, context, arg, role, label, until, axe, this.errors);
  }
}

async function main() {
  const browser = await chromium.launch(JSON.parse(process.argv[2]));
  const tabs = new Map();

  async function handle(request) {
    if (request.open) {
      const context = await browser.newContext(request.options);
      context.setDefaultTimeout(kPatience);
      tabs.set(request.open, new Tab(context, await context.newPage()));
      return null;
    }
    if (request.run) return await tabs.get(request.run).run(request);
    await browser.close();
    return null;
  }

  const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
  answer({ value: browser.version() });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    const { number } = request;
    try {
      answer({ number, value: (await handle(request)) ?? null });
    } catch (error) {
      answer({ number, error: String(error.stack || error) });
    }
    if (request.close) return;
  }
  await browser.close(); // whoever asked is gone
}

main().catch((error) => {
  process.stdout.write(`${JSON.stringify({ error: String(error.stack || error) })}\n`);
  process.exitCode = 1;
});
