/* Debian's Chromium, driven by playwright-core. */
import { chromium } from 'playwright-core';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './stack.mjs';

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/* A phone's screen, in a language. Problems of the pages themselves fail the test: see problems. */
export async function person(browser, { locale = 'zh-CN', javaScriptEnabled = true } = {}) {
  const context = await browser.newContext({ locale, javaScriptEnabled, viewport: { width: 360, height: 740 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  page.problems = [];
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  page.on('pageerror', (error) => page.problems.push(`${error}`));
  return page;
}

/* What makes one of the sign-on pages hard to use on a phone: in the page. */
function problems() {
  const found = [], shown = (element) => element.getBoundingClientRect().height > 0;
  const named = (element) => `${element.tagName.toLowerCase()} ${element.id || element.name || element.textContent.trim().slice(0, 30)}`;
  if (document.documentElement.scrollWidth > innerWidth) found.push('wider than the screen');
  for (const element of [...document.querySelectorAll('a, button, summary, select, input:not([type=hidden])')].filter(shown)) {
    const { width, height } = (element.type === 'checkbox' ? element.closest('label') : element).getBoundingClientRect();
    if (width < 44 || height < 44) found.push(`too small for a finger: ${named(element)}`);
  }
  for (const field of document.querySelectorAll('select, input:not([type=hidden])')) {
    if (!field.labels.length) found.push(`no label: ${named(field)}`);
    for (const id of (field.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean)) if (!document.getElementById(id)) found.push(`described by nothing: ${named(field)}`);
  }
  if (document.querySelectorAll('h1').length !== 1) found.push('not one heading');
  if (!document.title.startsWith(`${document.querySelector('h1')?.textContent} · `)) found.push(`the title is ${document.title}`);
  if (!['zh-CN', 'en'].includes(document.documentElement.lang)) found.push('no language');
  return found;
}

/* A sign-on page that is photographed is looked at, too. */
export async function screenshot(page, name) {
  const folder = path.join(root, 'build-test/screenshots');
  fs.mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
  if (await page.$('link[href="/assets/style.css"]')) assert.deepEqual(await page.evaluate(problems), [], name);
}
