/* Debian's Chromium, driven by playwright-core. */
import { chromium } from 'playwright-core';
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

export async function screenshot(page, name) {
  const folder = path.join(root, 'build-test/screenshots');
  fs.mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}
