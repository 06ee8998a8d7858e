// Looks at the coverage page as a person would: filters, details, keyboard, both themes, a narrow window, 500 rules.
// Usage: RULEPOST_CHROMIUM=PATH node coverage.mjs RULEPOST_BINARY OUTPUT_FOLDER
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [binary, output] = process.argv.slice(2);
const root = path.resolve(import.meta.dirname, '../..');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(output, { recursive: true });

/** Writes the page of some rules and gives its address. */
const build = (name, rules, ...more) => {
  const file = path.join(output, `${name}.html`);
  execFileSync(binary, ['coverage', '-q', '-o', file, rules, ...more], { cwd: more.length > 0 ? output : root });
  return pathToFileURL(file).href;
};

/** 500 rules over every tactic, with text that would break a page that trusts it. */
const many = () => {
  const folder = path.join(output, 'many');
  mkdirSync(folder, { recursive: true });
  const techniques = readFileSync(path.join(root, 'src/mitre/attack-enterprise-v18.1.tsv'), 'utf8').split('\n').slice(1)
    .map((line) => line.split('\t')).filter((fields) => fields[3] === 'active');
  const severities = ['Informational', 'Low', 'Medium', 'High'];
  for (let number = 0; number < 500; number += 1) {
    const [id, , tactics] = techniques[(number * 37) % techniques.length];
    writeFileSync(path.join(folder, `${number}.yaml`), [
      `id: 00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, `name: 'Rule ${number} </script><b>bold</b>'`, 'description: Identifies nothing',
      `severity: ${severities[number % 4]}`, 'requiredDataConnectors: []', 'queryFrequency: 1h', 'queryPeriod: 1h', 'triggerOperator: gt', 'triggerThreshold: 0',
      `tactics: [${tactics.split(',')[0]}]`, `relevantTechniques: [${id}]`, `tags: [group-${number % 7}]`, 'query: |', '  SigninLogs', `  | where ResultType == "${number}"`,
      'entityMappings:', '  - entityType: Account', '    fieldMappings:', '      - identifier: FullName', '        columnName: UserPrincipalName', 'version: 1.0.0', 'kind: Scheduled', ''].join('\n'));
  }
  return folder;
};

const browser = await chromium.launch({ executablePath: process.env.RULEPOST_CHROMIUM, args: ['--no-sandbox'] });
let checks = 0;

/** Runs one look at a page; anything on the console, and any request, is a failure. */
const look = async (name, url, options, act) => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 1000 }, bypassCSP: true, ...options });
  const told = [];
  page.on('console', (message) => told.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => told.push(`error: ${error.message}`));
  page.on('request', (request) => { if (!/^(file|data):/.test(request.url())) told.push(`request: ${request.url()}`); });
  await page.goto(url);
  await act(page);
  await page.screenshot({ path: path.join(output, `${name}.png`) });
  assert.deepEqual(told, [], name);
  await page.close();
  checks += 1;
  console.log(`ok: ${name}`);
};
const accessible = async (page) => {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(found.violations.map((one) => `${one.id}: ${one.nodes[0].target}: ${one.nodes[0].failureSummary}`), []);
};
const count = (page) => page.textContent('#count');
const cells = (page) => page.locator('.cell').count();

const pack = build('pack', 'rules');

for (const colorScheme of ['light', 'dark']) {
  await look(`matrix-${colorScheme}`, pack, { colorScheme }, async (page) => {
    assert.match(await count(page), /^28 of 28 rules shown$/);
    assert.ok(await cells(page) > 20);
    await accessible(page);
  });
  await look(`details-${colorScheme}`, pack, { colorScheme }, async (page) => {
    await page.click('.cell >> text=Brute Force');
    const panel = await page.textContent('#panel');
    for (const part of ['T1110', 'SFTP password spray from one address', 'False positives', 'Response', 'StorageBlobLogs']) assert.ok(panel.includes(part), part);
    await page.locator('.rule > summary').first().click();
    await accessible(page);
  });
  await look(`gaps-${colorScheme}`, pack, { colorScheme }, async (page) => {
    const before = await cells(page);
    await page.check('#gaps');
    assert.ok(await cells(page) > before + 150, 'gaps are the rest of ATT&CK');
    await accessible(page);
  });
  await look(`storage-${colorScheme}`, pack, { colorScheme }, async (page) => {
    await page.click('#tab-storage');
    await page.check('#gaps');
    const text = await page.textContent('#view');
    for (const id of ['MS-T825', 'MS-T821', 'MS-T837']) assert.ok(text.includes(id), id);
    await accessible(page);
  });
  await look(`rules-${colorScheme}`, pack, { colorScheme }, async (page) => {
    await page.click('#tab-rules');
    assert.equal(await page.locator('.rules tbody tr').count(), 28);
    await page.click('[data-sort="severity"]');
    assert.match(await page.locator('.rules tbody tr').first().textContent(), /High/);
    await page.click('[data-sort="severity"]');
    assert.match(await page.locator('.rules tbody tr').first().textContent(), /Informational/);
    await page.locator('.link').first().click();
    await accessible(page);
  });
}

await look('filters', pack, {}, async (page) => {
  await page.fill('#text', 'wrong password');
  assert.match(await count(page), /^1 of 28/);
  await page.fill('#text', 't1486');
  assert.match(await count(page), /^1 of 28/);
  await page.fill('#text', 'no such thing');
  assert.match(await count(page), /^0 of 28/);
  assert.match(await page.textContent('#view'), /No rule matches/);
  await page.fill('#text', '');
  await page.click('#severities >> text=High');
  assert.match(await count(page), /^9 of 28/);
  assert.equal(await page.getAttribute('#severities button >> nth=0', 'aria-pressed'), 'true');
  await page.click('#severities >> text=Low');
  assert.match(await count(page), /^14 of 28/);
  await page.selectOption('#tag', 'MS-T809');
  assert.match(await count(page), /^1 of 28/);
  await page.click('button[type=reset]');
  await page.waitForFunction(() => document.getElementById('count').textContent.startsWith('28 of 28'));
  await page.selectOption('#status', 'off');
  assert.match(await count(page), /^4 of 28/);
  assert.equal(await page.locator('.cell.hit').count(), 0, 'what is off is not drawn as covered');
});

await look('keyboard', pack, {}, async (page) => {
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'text');
  await page.focus('#tab-rules');
  await page.focus('#tab-attack');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-storage');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Tab');
  const key = () => page.evaluate(() => document.activeElement.dataset.key);
  const first = await key();
  assert.ok(first, 'the matrix is one tab stop after the tabs');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  const second = await key();
  assert.notEqual(second, first);
  assert.equal(await page.locator('.cell[tabindex="0"]').count(), 1);
  await page.keyboard.press('Enter');
  assert.ok(await page.isVisible('#panel'));
  assert.equal(await page.evaluate(() => document.activeElement.id), 'panel-title');
  await page.keyboard.press('Escape');
  assert.ok(!await page.isVisible('#panel'));
  assert.equal(await key(), second, 'closing gives the focus back');
});

await look('theme', pack, { colorScheme: 'light' }, async (page) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await paper();
  await page.click('#theme');
  assert.equal(await paper(), light, 'auto is light here, and so is light');
  await page.click('#theme');
  assert.notEqual(await paper(), light);
  assert.equal(await page.textContent('#theme'), 'Theme: dark');
});

await look('narrow', pack, { viewport: { width: 390, height: 844 } }, async (page) => {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, 'nothing sticks out to the side');
  await page.locator('.cell').first().click();
  await accessible(page);
});

await look('plain', pack, { javaScriptEnabled: false }, async (page) => {
  assert.match(await page.textContent('noscript'), /T1110/);
});

// A workspace that has one folder of the rules, deployed to the local emulator, whose state stays in the output folder.
rmSync(path.join(output, '.rulepost'), { recursive: true, force: true });
execFileSync(binary, ['deploy', '-q', '--yes', '-w', 'demo', '--cloud', 'local', path.join(root, 'rules/impact')], { cwd: output });
const compared = build('compared', path.join(root, 'rules'), '-w', 'demo', '--cloud', 'local');
await look('compared', compared, {}, async (page) => {
  assert.match(await page.textContent('#subtitle'), /the workspace demo/);
  assert.match(await page.textContent('#figures'), /Files deployed2 of 28/);
  await page.selectOption('#status', 'deployed');
  assert.match(await count(page), /^2 of 28/);
  await page.selectOption('#status', 'pending');
  assert.match(await count(page), /^26 of 28/);
  await page.click('#tab-rules');
  await accessible(page);
});

const hundreds = build('many', many());
await look('many', hundreds, {}, async (page) => {
  assert.match(await count(page), /^500 of 500/);
  assert.equal(await page.locator('b').filter({ hasText: 'bold' }).count(), 0, 'text of a rule is not markup');
  await page.fill('#text', '== "499"');
  assert.match(await count(page), /^1 of 500/);
  await page.locator('.cell').first().click();
  assert.match(await page.textContent('#panel-body'), /<\/script><b>bold<\/b>/);
  await page.keyboard.press('Escape');
  await page.fill('#text', '');
  await page.selectOption('#tag', 'group-3');
  assert.match(await count(page), /^71 of 500/);
  await page.selectOption('#tag', '');
  await page.check('#gaps');
  await page.click('#tab-rules');
  assert.equal(await page.locator('.rules tbody tr').count(), 500);
  await page.click('#tab-attack');
});

await browser.close();
console.log(`${checks} looks, screenshots in ${output}`);
